#include <algorithm>
#include <array>
#include <cmath>
#include <cstdio>

#include "tools/backtest/report.hpp"

namespace slipway::backtest {
namespace {

constexpr double kWidth = 900;
constexpr double kHeight = 220;
constexpr double kLeft = 70;
constexpr double kBottom = 30;
constexpr std::size_t kMostPoints = 2'000;

using Values = std::vector<std::optional<double>>;

struct Line {
  std::string name;
  std::string colour;
  Values values;
};
struct Chart {
  std::string title;
  std::vector<Line> lines;
  Values low;  // of a band; empty: none
  Values high;
};

std::string number(double value) {
  std::array<char, 32> text{};
  std::snprintf(text.data(), text.size(), "%.4g", value);
  return text.data();
}

std::string escaped(const std::string& text) {
  std::string safe;
  for (const char c : text) {
    if (c == '<')
      safe += "&lt;";
    else if (c == '>')
      safe += "&gt;";
    else if (c == '&')
      safe += "&amp;";
    else if (c == '"')
      safe += "&quot;";
    else
      safe += c;
  }
  return safe;
}

// The number at the first of these pointers that is there.
std::optional<double> number_at(const Json& evidence, std::initializer_list<const char*> pointers) {
  for (const char* pointer : pointers) {
    const Json::json_pointer at(pointer);
    if (evidence.contains(at) && evidence[at].is_number()) return evidence[at].get<double>();
  }
  return std::nullopt;
}

Values of_looks(const Run& run, const std::function<std::optional<double>(const Look&)>& value) {
  Values values;
  const std::size_t every = run.looks.size() / kMostPoints + 1;
  for (std::size_t i = 0; i < run.looks.size(); i += every) values.push_back(value(run.looks[i]));
  return values;
}
Values of_evidence(const Run& run, std::initializer_list<const char*> pointers) {
  return of_looks(run, [&](const Look& look) { return number_at(look.evidence, pointers); });
}

// Where a value lies on the chart.
class Scale {
 public:
  explicit Scale(const Chart& chart) {
    for (const Line& line : chart.lines) take(line.values);
    take(chart.low);
    take(chart.high);
    if (!(low_ < high_)) high_ = low_ + 1;
  }
  [[nodiscard]] bool empty() const { return count_ == 0; }
  [[nodiscard]] std::string point(std::size_t i, double value) const {
    const double x =
        kLeft + (kWidth - kLeft) * static_cast<double>(i) / static_cast<double>(std::max<std::size_t>(1, count_ - 1));
    return number(x) + "," + number(y(value)) + " ";
  }
  [[nodiscard]] double y(double value) const { return (kHeight - kBottom) * (1 - (value - low_) / (high_ - low_)) + 5; }
  [[nodiscard]] double low() const { return low_; }
  [[nodiscard]] double high() const { return high_; }

 private:
  void take(const Values& values) {
    for (const auto& value : values) {
      if (!value || !std::isfinite(*value)) continue;
      low_ = count_ == 0 ? *value : std::min(low_, *value);
      high_ = count_ == 0 ? *value : std::max(high_, *value);
      count_ = std::max(count_, values.size());
    }
  }
  double low_ = 0;
  double high_ = 0;
  std::size_t count_ = 0;
};

std::string drawn(const Line& line, const Scale& scale) {
  std::string points;
  for (std::size_t i = 0; i < line.values.size(); ++i) {
    if (line.values[i]) points += scale.point(i, *line.values[i]);
  }
  return "<polyline fill=\"none\" stroke-width=\"2\" stroke=\"" + line.colour + "\" points=\"" + points + "\"/>";
}

// There and back, where both ends are known.
std::string band(const Chart& chart, const Scale& scale) {
  std::string there;
  std::string back;
  for (std::size_t i = 0; i < std::min(chart.low.size(), chart.high.size()); ++i) {
    if (!chart.low[i] || !chart.high[i]) continue;
    there += scale.point(i, *chart.low[i]);
    back = scale.point(i, *chart.high[i]) + back;
  }
  return there.empty() ? "" : "<polygon fill=\"#4477aa\" fill-opacity=\"0.2\" points=\"" + there + back + "\"/>";
}

std::string axis_text(double value, double y) {
  return "<text x=\"0\" y=\"" + number(y + 4) + "\">" + number(value) + "</text><line x1=\"" + number(kLeft) +
         "\" x2=\"" + number(kWidth) + "\" y1=\"" + number(y) + "\" y2=\"" + number(y) + "\" stroke=\"#ccc\"/>";
}

std::string svg(const Chart& chart) {
  const Scale scale(chart);
  if (scale.empty()) return "";
  std::string text = "<h2>" + escaped(chart.title) + "</h2><p>";
  for (const Line& line : chart.lines)
    text += "<span style=\"color:" + line.colour + "\">■ " + escaped(line.name) + "</span> ";
  text += "</p><svg viewBox=\"0 0 " + number(kWidth) + " " + number(kHeight) + "\" role=\"img\">";
  text += axis_text(scale.high(), scale.y(scale.high())) + axis_text(scale.low(), scale.y(scale.low()));
  text += band(chart, scale);
  for (const Line& line : chart.lines) text += drawn(line, scale);
  return text + "</svg>\n";
}

std::vector<Chart> charts_of(const Run& run) {
  const auto next = [](const Look& look) { return look.next_requests; };
  const auto stable = [](const Look& look) { return look.stable_requests; };
  return {{"Evidence against its threshold",
           {{"evidence", "#cc3311", of_evidence(run, {"/log_evidence", "/score"})},
            {"threshold", "#888888", of_evidence(run, {"/threshold"})}},
           {},
           {}},
          {"Estimate, with its band",
           {{"next against stable", "#4477aa", of_evidence(run, {"/tracks/0/ratio", "/estimate"})}},
           of_evidence(run, {"/tracks/0/ratio_low"}),
           of_evidence(run, {"/tracks/0/ratio_high"})},
          {"Requests in each window",
           {{"stable", "#228833", of_looks(run, stable)}, {"next", "#aa3377", of_looks(run, next)}},
           {},
           {}}};
}

}  // namespace

std::string page_of(const Summary& summary) {
  std::string page =
      "<!DOCTYPE html><html lang=\"en\"><head><meta charset=\"utf-8\"><title>Backtest</title><style>body{font:15px "
      "sans-serif;max-width:920px;margin:2em auto}svg{width:100%;font-size:12px}pre{overflow-x:auto}</style></head>"
      "<body><h1>" +
      escaped(summary.request.analyzer + " over " + summary.request.file) + "</h1>\n";
  for (const Chart& chart : charts_of(summary.first)) page += svg(chart);
  return page + "<h2>Verdicts</h2><pre>" + escaped(text_of(summary)) + "</pre></body></html>\n";
}

}  // namespace slipway::backtest
