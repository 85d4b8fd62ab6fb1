#include "plugins/metrics/prometheus/growth.hpp"

#include <algorithm>
#include <cmath>

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

// What a series counts from.
struct Begin {
  std::int64_t time;
  double point;
  bool is_first_sample = false;
};
Begin begin_of(const Series& series, Span span, const Scrapes& scrapes) {
  if (span.first > 0) return {series.times[span.first - 1], series.points[span.first - 1]};
  if (const auto without = scrapes.before(series, series.times.front())) return {*without, 0};
  return {series.times.front(), series.points.front(), true};
}

double grown(const Series& series, Span span, const Begin& begin, const std::set<std::int64_t>& restarts) {
  double sum = 0;
  double before = begin.point;
  for (std::size_t i = span.first; i < span.end; ++i) {
    sum += series.points[i] - (restarts.contains(series.times[i]) ? 0 : before);
    before = series.points[i];
  }
  return sum;
}

// Of the window's milliseconds.
double covered(const Series& series, Span span, std::int64_t since, const std::set<std::int64_t>& restarts,
               const metrics::Window& window, std::optional<std::int64_t> due_after) {
  const std::int64_t from = in_milliseconds(window.from);
  const std::int64_t to = in_milliseconds(window.to);
  const std::int64_t last = series.times[span.end - 1];
  const bool is_due = due_after && to - last > *due_after;
  std::int64_t told = (is_due ? last : to) - std::max(from, since);
  for (std::size_t i = std::max<std::size_t>(1, span.first); i < span.end; ++i)
    if (restarts.contains(series.times[i])) told -= series.times[i] - std::max(from, series.times[i - 1]);
  return std::clamp(static_cast<double>(told) / static_cast<double>(std::max<std::int64_t>(1, to - from)), 0.0, 1.0);
}

bool counts(double point) { return std::isfinite(point) && point >= 0; }

Status fault_of(const Series& series) {
  if (!series.native.empty())
    return {Code::not_found,
            "a native histogram is no counter; want it in bucket_counters, and no other kind beside it"};
  if (!std::all_of(series.points.begin(), series.points.end(), counts))
    return {Code::not_found, "a counter that is no number, or below zero"};
  return {};
}

// Takes in series after series.
class Sum {
 public:
  Sum(const metrics::Window& window, const std::string& by, const Scrapes& scrapes, const std::set<Target>& missing,
      Restarts restarts)
      : window_(window), by_(by), scrapes_(scrapes), missing_(missing), restarts_(std::move(restarts)) {}

  void add(const Series& series) {
    const Span span = within(series, window_);
    const Target target = target_of(series);
    if (span.first == span.end) {
      if (span.end > 0 && missing_.contains(target)) ++parts_;
      return;
    }
    const Begin begin = begin_of(series, span, scrapes_);
    const auto& anew = restarts_[object_of(series)];
    if (told_.insert(object_of(series)).second) {
      growth_.restarts += static_cast<std::int64_t>(anew.size());
      if (begin.is_first_sample) ++growth_.unknown;
    }
    ++parts_;
    if (begin.is_first_sample && span.end - span.first == 1) return;
    const auto label = series.labels.find(by_);
    sums_[label == series.labels.end() ? "" : label->second] += grown(series, span, begin, anew);
    growth_.covered += covered(series, span, begin.time, anew, window_, scrapes_.due_after(target));
  }

  Result<Growth> result() {
    if (sums_.empty() && growth_.unknown > 0)
      return Status(Code::not_found, "one scrape only, and nothing before it to count from");
    if (sums_.empty()) return Status(Code::not_found, "no scrape in the window");
    for (const auto& [value, sum] : sums_)
      growth_.sums.series.push_back({.labels = {{by_, value}}, .points = {sum}, .times = {}, .native = {}});
    growth_.covered /= parts_;
    return std::move(growth_);
  }

 private:
  const metrics::Window& window_;
  const std::string& by_;
  const Scrapes& scrapes_;
  const std::set<Target>& missing_;
  Restarts restarts_;
  std::set<std::map<std::string, std::string>> told_;
  std::map<std::string, double> sums_;
  double parts_ = 0;
  Growth growth_;
};

}  // namespace

Result<Growth> growth_of(const Found& samples, const metrics::Window& window, const std::string& by,
                         const Scrapes& scrapes, const std::set<Target>& missing) {
  Sum sum(window, by, scrapes, missing, restarts_in(samples, window));
  for (const Series& series : samples.series) {
    if (Status fault = fault_of(series); !fault.ok()) return fault;
    sum.add(series);
  }
  return sum.result();
}

std::vector<std::string> doubts_of(const Growth& growth, const std::string& name, const std::string& role) {
  std::vector<std::string> doubts;
  if (growth.restarts > 0)
    doubts.push_back(name + " of " + role + ": counters began anew " + std::to_string(growth.restarts) +
                     (growth.restarts == 1 ? " time" : " times") +
                     " in this window; what they counted between the last scrape and that is not known");
  if (growth.unknown > 0)
    doubts.push_back(name + " of " + role + ": " + std::to_string(growth.unknown) + " counter" +
                     (growth.unknown == 1 ? "" : "s") +
                     " new to Prometheus in this window; what they counted before their first scrape is not known");
  return doubts;
}

}  // namespace slipway::prometheus
