#include "plugins/metrics/prometheus/growth.hpp"

#include <algorithm>
#include <cmath>
#include <set>

namespace slipway::prometheus {
namespace {

constexpr const char* kBound = "le";

std::int64_t in_milliseconds(Instant instant) { return instant.ns / 1'000'000; }

// When the counters of one object began anew: of one series, or of all buckets of one histogram.
using Restarts = std::map<std::map<std::string, std::string>, std::set<std::int64_t>>;

std::map<std::string, std::string> object_of(const Series& series) {
  auto labels = series.labels;
  labels.erase(kBound);
  return labels;
}

struct Span {
  std::size_t first;  // the first sample that lies in the window
  std::size_t end;
};
Span within(const Series& series, const metrics::Window& window) {
  const auto place = [&](Instant moment) {
    const auto after = std::upper_bound(series.times.begin(), series.times.end(), in_milliseconds(moment));
    return static_cast<std::size_t>(after - series.times.begin());
  };
  return {place(window.from), place(window.to)};
}

Restarts restarts_in(const Found& samples, const metrics::Window& window) {
  Restarts restarts;
  for (const Series& series : samples.series) {
    const auto [first, end] = within(series, window);
    for (std::size_t i = std::max<std::size_t>(1, first); i < end; ++i)
      if (series.points[i] < series.points[i - 1]) restarts[object_of(series)].insert(series.times[i]);
  }
  return restarts;
}

double grown(const Series& series, Span span, const std::set<std::int64_t>& restarts) {
  double sum = 0;
  for (std::size_t i = span.first; i < span.end; ++i) {
    const bool from_zero = i == 0 || restarts.contains(series.times[i]);
    sum += series.points[i] - (from_zero ? 0 : series.points[i - 1]);
  }
  return sum;
}

// From the last sample before the window to the last one in it, as a part of the window.
double covered(const Series& series, Span span, const std::set<std::int64_t>& restarts, const metrics::Window& window) {
  const bool is_new = span.first == 0;
  const std::int64_t from = is_new ? in_milliseconds(window.from) : series.times[span.first - 1];
  std::int64_t told = series.times[span.end - 1] - from;
  for (std::size_t i = std::max<std::size_t>(1, span.first); i < span.end; ++i)
    if (restarts.contains(series.times[i])) told -= series.times[i] - series.times[i - 1];
  const auto length = static_cast<double>(in_milliseconds(window.to) - in_milliseconds(window.from));
  return std::clamp(static_cast<double>(told) / std::max(1.0, length), 0.0, 1.0);
}

bool counts(double point) { return std::isfinite(point) && point >= 0; }

}  // namespace

Result<std::vector<Growth>> growth_of(const Found& samples, const metrics::Window& window, const std::string& by) {
  const Restarts restarts = restarts_in(samples, window);
  std::map<std::string, Growth> sums;
  std::map<std::string, double> summands;
  std::set<std::map<std::string, std::string>> told;
  for (const Series& series : samples.series) {
    const Span span = within(series, window);
    if (series.native) return Status(Code::not_found, "a native histogram is no counter");
    if (!std::all_of(series.points.begin(), series.points.end(), counts))
      return Status(Code::not_found, "a counter that is no number, or below zero");
    if (span.first == span.end) continue;
    const auto label = series.labels.find(by);
    const std::string value = label == series.labels.end() ? "" : label->second;
    const auto object = object_of(series);
    const auto begun = restarts.find(object);
    const std::set<std::int64_t> anew = begun == restarts.end() ? std::set<std::int64_t>() : begun->second;
    Growth& sum = sums[value];
    if (sum.series.points.empty()) sum.series = {.labels = {{by, value}}, .points = {0}};
    sum.series.points.front() += grown(series, span, anew);
    sum.covered += covered(series, span, anew, window);
    ++summands[value];
    if (told.insert(object).second) sum.restarts += static_cast<std::int64_t>(anew.size());
  }
  if (sums.empty()) return Status(Code::not_found, "no scrape in the window");
  std::vector<Growth> list;
  for (auto& [value, growth] : sums) {
    growth.covered /= summands[value];
    list.push_back(std::move(growth));
  }
  return list;
}

std::optional<std::string> told_restarts(const std::vector<Growth>& grown, const std::string& name,
                                         const std::string& role) {
  std::int64_t restarts = 0;
  for (const Growth& growth : grown) restarts += growth.restarts;
  if (restarts == 0) return std::nullopt;
  return name + " of " + role + ": counters began anew " + std::to_string(restarts) +
         (restarts == 1 ? " time" : " times") +
         " in this window; what they counted between the last scrape and that is not known";
}

}  // namespace slipway::prometheus
