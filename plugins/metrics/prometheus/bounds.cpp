#include "plugins/metrics/prometheus/bounds.hpp"

#include <algorithm>
#include <charconv>
#include <cmath>
#include <set>

namespace slipway::prometheus {
namespace {

using Bounds = std::set<double>;

constexpr std::size_t kShownBounds = 12;

std::string text_of(const Bounds& bounds) {
  std::string text;
  std::size_t shown = 0;
  for (const double bound : bounds) {
    if (!std::isfinite(bound)) continue;
    if (shown++ == kShownBounds) return text + ", …";
    char number[32];
    text.append(shown == 1 ? "" : ", ").append(number, std::to_chars(number, number + sizeof number, bound).ptr);
  }
  return shown == 0 ? "none" : text;
}

bool is_classic(const Found& answer) {
  return std::all_of(answer.series.begin(), answer.series.end(),
                     [](const Series& one) { return one.native.empty() && !std::isnan(bound_of(one)); });
}

// Of each histogram of the answer.
std::vector<Bounds> bounds_of(const Found& answer) {
  std::map<std::map<std::string, std::string>, Bounds> histograms;
  for (const Series& series : answer.series) {
    auto labels = series.labels;
    labels.erase("le");
    histograms[labels].insert(bound_of(series));
  }
  std::vector<Bounds> all;
  for (auto& [labels, bounds] : histograms) all.push_back(std::move(bounds));
  return all;
}

Bounds common(const std::vector<Bounds>& all) {
  Bounds shared = all.front();
  for (const Bounds& one : all) std::erase_if(shared, [&](double bound) { return !one.contains(bound); });
  return shared;
}

void leave_only(const Bounds& bounds, Found& answer) {
  std::erase_if(answer.series, [&](const Series& series) { return !bounds.contains(bound_of(series)); });
}

}  // namespace

Result<std::string> share_bounds(const std::vector<OfGroup>& answers) {
  std::vector<Bounds> all;
  std::string whose;
  for (const OfGroup& group : answers) {
    if (!is_classic(*group.answer)) return std::string();
    if (group.answer->series.empty()) continue;
    const auto own = bounds_of(*group.answer);
    Bounds any;
    for (const Bounds& one : own) any.insert(one.begin(), one.end());
    whose += (whose.empty() ? "" : "; ") + group.role + " has " + text_of(any);
    all.insert(all.end(), own.begin(), own.end());
  }
  const bool same = std::all_of(all.begin(), all.end(), [&](const Bounds& one) { return one == all.front(); });
  if (same) return std::string();
  const Bounds shared = common(all);
  const std::string differ = "not all histograms have the same buckets: " + whose;
  if (std::none_of(shared.begin(), shared.end(), [](double bound) { return std::isfinite(bound); }))
    return Status(Code::not_found,
                  differ +
                      "; no bound is in each of them, so they can't be compared; give the releases buckets with "
                      "common bounds");
  for (const OfGroup& group : answers) leave_only(shared, *group.answer);
  return differ + "; counted at those that each of them has: " + text_of(shared);
}

}  // namespace slipway::prometheus
