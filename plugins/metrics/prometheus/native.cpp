#include "plugins/metrics/prometheus/native.hpp"

#include <algorithm>
#include <charconv>
#include <cmath>
#include <set>

namespace slipway::prometheus {
namespace {

std::string bound_text(double bound) {
  char text[32];
  const auto end = std::to_chars(text, text + sizeof text, bound).ptr;
  return {text, end};
}

// A bound inside of a bucket is none that this bucket's histogram knows its count at.
std::vector<double> bounds_of(const std::vector<Found*>& answers) {
  std::set<std::pair<double, double>> buckets;
  for (const Found* answer : answers)
    for (const Series& series : answer->series)
      for (const NativeHistogram& native : series.native)
        for (const NativeBucket& bucket : native.buckets) buckets.emplace(bucket.lower, bucket.upper);
  std::set<double> bounds;
  for (const auto& [lower, upper] : buckets)
    if (std::isfinite(upper)) bounds.insert(upper);
  for (const auto& [lower, upper] : buckets)
    if (lower < upper) bounds.erase(bounds.upper_bound(lower), bounds.lower_bound(upper));
  return {bounds.begin(), bounds.end()};
}

// Of each bound, and after them of everything.
std::vector<double> counts_upto(const std::vector<double>& bounds, const NativeHistogram& native) {
  std::vector<double> counts;
  double sum = 0;
  auto bucket = native.buckets.begin();
  for (const double bound : bounds) {
    for (; bucket != native.buckets.end() && bucket->upper <= bound; ++bucket) sum += bucket->count;
    counts.push_back(sum);
  }
  counts.push_back(native.count);
  return counts;
}

std::vector<Series> counters_of(const Series& series, const std::vector<double>& bounds) {
  std::vector<Series> counters(bounds.size() + 1, {.labels = series.labels, .times = series.times});
  for (std::size_t i = 0; i < counters.size(); ++i)
    counters[i].labels["le"] = i < bounds.size() ? bound_text(bounds[i]) : "+Inf";
  for (const NativeHistogram& native : series.native) {
    const auto counts = counts_upto(bounds, native);
    for (std::size_t i = 0; i < counters.size(); ++i) counters[i].points.push_back(counts[i]);
  }
  return counters;
}

bool is_native(const Found& answer) {
  const auto& all = answer.series;
  return std::none_of(all.begin(), all.end(), [](const Series& one) { return one.native.empty(); });
}

}  // namespace

void make_classic(const std::vector<Found*>& answers) {
  std::vector<Found*> natives;
  std::copy_if(answers.begin(), answers.end(), std::back_inserter(natives), [](Found* one) { return is_native(*one); });
  const auto bounds = bounds_of(natives);
  for (Found* answer : natives) {
    std::vector<Series> counters;
    for (const Series& series : answer->series)
      for (Series& counter : counters_of(series, bounds)) counters.push_back(std::move(counter));
    answer->series = std::move(counters);
  }
}

}  // namespace slipway::prometheus
