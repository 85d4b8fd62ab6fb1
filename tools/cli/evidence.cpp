#include "tools/cli/evidence.hpp"

#include <array>
#include <cstdio>

namespace slipway::cli {
namespace {

std::string number(const Json& value) {
  if (!value.is_number()) return "any";
  std::array<char, 32> text{};
  std::snprintf(text.data(), text.size(), "%.3g", value.get<double>());
  return text.data();
}

const Json& member(const Json& of, const char* name) {
  static const Json none;
  return of.is_object() && of.contains(name) ? of[name] : none;
}

void add(std::string& list, const std::string& words) { list += (list.empty() ? "" : ", ") + words; }

}  // namespace

std::string evidence_words(const Json& evidence) {
  const Json& log = member(evidence, "log_evidence");
  if (log.is_number()) return number(log) + " of " + number(member(evidence, "threshold"));
  const Json& score = member(evidence, "score");
  return score.is_number() ? "score " + number(score) : "-";
}

std::string estimate_words(const Json& evidence) {
  std::string list;
  for (const Json& track : member(evidence, "tracks")) {
    if (const Json& ratio = member(track, "ratio"); ratio.is_number())
      add(list, number(ratio) + "x (" + number(member(track, "ratio_low")) + " to " +
                    number(member(track, "ratio_high")) + ")");
  }
  for (const auto& [name, metric] : member(evidence, "metrics").items()) {
    if (const Json& shift = member(metric, "shift"); shift.is_object())
      add(list, name + " " + number(member(shift, "estimate")) + " (" + number(member(shift, "low")) + " to " +
                    number(member(shift, "high")) + ")");
  }
  if (const Json& estimate = member(evidence, "estimate"); estimate.is_number())
    add(list, number(estimate) + " (to " + number(member(evidence, "bound")) + ")");
  return list.empty() ? "-" : list;
}

}  // namespace slipway::cli
