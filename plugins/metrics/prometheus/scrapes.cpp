#include "plugins/metrics/prometheus/scrapes.hpp"

#include <algorithm>

namespace slipway::prometheus {
namespace {

// So few that a new scrape_interval is soon known, and more than one, for two servers that scrape the same target do so
// in short and long gaps by turns.
constexpr int kGapsSeen = 3;

std::optional<std::int64_t> gap_of(const std::set<std::int64_t>& times) {
  std::optional<std::int64_t> largest;
  int seen = 0;
  for (auto time = times.rbegin(); seen < kGapsSeen && time != times.rend() && std::next(time) != times.rend();
       ++time) {
    largest = std::max(largest.value_or(0), *time - *std::next(time));
    ++seen;
  }
  return largest;
}

}  // namespace

Target target_of(const Series& series) {
  Target target = series.labels;
  target.erase("le");
  if (target.contains("instance"))
    std::erase_if(target, [](const auto& label) { return label.first != "instance" && label.first != "job"; });
  return target;
}

Scrapes::Scrapes(const std::vector<Found>& counters) {
  for (const Found& found : counters)
    for (const Series& series : found.series)
      times_[target_of(series)].insert(series.times.begin(), series.times.end());
  for (const auto& [target, times] : times_) gap_ = std::max(gap_, gap_of(times));
}

std::optional<std::int64_t> Scrapes::before(const Series& series, std::int64_t time) const {
  const auto known = times_.find(target_of(series));
  if (known == times_.end()) return std::nullopt;
  const auto next = known->second.lower_bound(time);
  return next == known->second.begin() ? std::nullopt : std::optional(*std::prev(next));
}

std::optional<std::int64_t> Scrapes::due_after(const Target& target) const {
  const auto known = times_.find(target);
  auto gap = known == times_.end() ? std::nullopt : gap_of(known->second);
  if (!gap) gap = gap_;
  return gap ? std::optional(*gap + *gap / 2) : std::nullopt;
}

std::set<Target> Scrapes::silent(const metrics::Window& window) const {
  const std::int64_t from = window.from.ns / 1'000'000;
  const std::int64_t to = window.to.ns / 1'000'000;
  std::set<Target> silent;
  for (const auto& [target, times] : times_) {
    const auto after = times.upper_bound(to);
    if (after == times.begin()) continue;
    const std::int64_t last = *std::prev(after);
    if (last <= from && to - last > due_after(target).value_or(to - from)) silent.insert(target);
  }
  return silent;
}

std::set<Target> tried(const std::set<Target>& targets, const Found& up) {
  std::set<Target> tried;
  for (const Series& series : up.series)
    if (const Target target = target_of(series); targets.contains(target)) tried.insert(target);
  return tried;
}

}  // namespace slipway::prometheus
