// How a benchmark program tells its figures: one JSON object a line on standard output, as tools/bench reads them.
#pragma once

#include <cstdio>
#include <optional>
#include <slipway/json.hpp>
#include <string>

namespace slipway::bench {

struct Figure {
  std::string id;
  double value = 0;
  std::string unit;
  // What was measured beside it in the same run, in the same unit; the ratio is value / reference unless it is given.
  std::optional<double> reference;
  std::string goal;  // for a person, "≤ 25 ns above the reference"
  bool holds = false;
  std::optional<double> ratio{};
};

inline void report(const Figure& figure) {
  Json line{{"id", figure.id},  {"value", figure.value}, {"unit", figure.unit},  {"reference", nullptr},
            {"ratio", nullptr}, {"goal", figure.goal},   {"holds", figure.holds}};
  if (figure.reference) {
    line["reference"] = *figure.reference;
    if (*figure.reference != 0) line["ratio"] = figure.value / *figure.reference;
  }
  if (figure.ratio) line["ratio"] = *figure.ratio;
  std::printf("%s\n", to_text(line).c_str());
  std::fflush(stdout);
}

}  // namespace slipway::bench
