#include "tools/backtest/changes.hpp"

#include <algorithm>
#include <charconv>
#include <cmath>

namespace slipway::backtest {
namespace {

constexpr const char* kRequests = "requests";
constexpr const char* kFailures = "failures";
constexpr const char* kErrorRatio = "error_ratio";

std::int64_t drawn(std::int64_t count, double share, Draws& draws) {
  return std::binomial_distribution<std::int64_t>(std::max<std::int64_t>(0, count), std::clamp(share, 0.0, 1.0))(draws);
}

std::int64_t count_in(const metrics::GroupSamples& samples, const char* name) {
  const auto found = samples.values.find(name);
  return found == samples.values.end() ? 0 : std::llround(found->second);
}

void set_counts(metrics::GroupSamples& samples, std::int64_t requests, std::int64_t failures) {
  samples.values[kRequests] = static_cast<double>(requests);
  samples.values[kFailures] = static_cast<double>(failures);
  samples.values.erase(kErrorRatio);
  if (requests > 0) samples.values[kErrorRatio] = static_cast<double>(failures) / static_cast<double>(requests);
}

void deal(const std::vector<metrics::Bucket>& all, double share, std::vector<metrics::Bucket>& first,
          std::vector<metrics::Bucket>& second, Draws& draws) {
  first = second = all;
  for (std::size_t i = 0; i < all.size(); ++i) {
    first[i].count = drawn(all[i].count, share, draws);
    second[i].count = all[i].count - first[i].count;
  }
}

// Observations that lie evenly between two values, into the buckets; what is above the last bound too.
void spread(std::int64_t count, double from, double to, std::vector<metrics::Bucket>& into, Draws& draws) {
  for (metrics::Bucket& bucket : into) {
    const double upper = std::min(to, bucket.upper.value_or(to));
    if (upper <= from) continue;
    const std::int64_t here = drawn(count, (upper - from) / (to - from), draws);
    bucket.count += here;
    count -= here;
    from = upper;
  }
  into.back().count += count;
}

std::vector<metrics::Bucket> stretched(const std::vector<metrics::Bucket>& all, double factor, Draws& draws) {
  std::vector<metrics::Bucket> result = all;
  for (metrics::Bucket& bucket : result) bucket.count = 0;
  double lower = 0;
  for (const metrics::Bucket& bucket : all) {
    if (!bucket.upper) {
      result.back().count += bucket.count;
      continue;
    }
    spread(bucket.count, lower * factor, *bucket.upper * factor, result, draws);
    lower = *bucket.upper;
  }
  return result;
}

}  // namespace

Result<Injection> parse_injection(const std::string& text) {
  const Status refused(Code::invalid_argument,
                       "--inject " + text + ": want NAME=+X[%]@DURATION, as error_ratio=+1%@10m");
  const std::size_t equals = text.find('=');
  const std::size_t at = text.rfind('@');
  if (equals == text.npos || at == text.npos || equals == 0 || at < equals + 3) return refused;
  Injection injection{.value = text.substr(0, equals)};
  std::string amount = text.substr(equals + 1, at - equals - 1);
  if (amount.front() != '+' && amount.front() != '-') return refused;
  injection.percent = amount.back() == '%';
  if (injection.percent) amount.pop_back();
  const char* const begin = amount.data() + (amount.front() == '+' ? 1 : 0);
  const char* const end = amount.data() + amount.size();
  const auto [stop, error] = std::from_chars(begin, end, injection.amount);
  if (error != std::errc{} || stop != end) return refused;
  const auto after = parse_duration(text.substr(at + 1));
  if (!after.ok()) return Status(Code::invalid_argument, "--inject " + text + ": " + after.status().message);
  injection.after = *after;
  return injection;
}

std::pair<metrics::GroupSamples, metrics::GroupSamples> deal(const metrics::GroupSamples& all, double share,
                                                             Draws& draws) {
  metrics::GroupSamples first = all;
  metrics::GroupSamples second = all;
  if (all.values.contains(kRequests)) {
    const std::int64_t failures = count_in(all, kFailures);
    const std::int64_t successes = count_in(all, kRequests) - failures;
    const std::int64_t failed = drawn(failures, share, draws);
    const std::int64_t fine = drawn(successes, share, draws);
    set_counts(first, failed + fine, failed);
    set_counts(second, failures + successes - failed - fine, failures - failed);
  }
  for (const auto& [name, buckets] : all.histograms)
    deal(buckets, share, first.histograms[name], second.histograms[name], draws);
  return {std::move(first), std::move(second)};
}

Recording split(const Recording& recording, const std::string& group, double share, Draws& draws) {
  Recording changed{recording.interval, {}, recording.warnings};
  for (const Window& window : recording.windows) {
    changed.windows.push_back({window.from, {}});
    const auto found = std::find_if(window.groups.begin(), window.groups.end(),
                                    [&](const auto& samples) { return samples.role == group; });
    if (found == window.groups.end()) continue;
    auto [next, stable] = deal(*found, share, draws);
    next.role = "next";
    stable.role = "stable";
    changed.windows.back().groups = {std::move(next), std::move(stable)};
  }
  return changed;
}

void inject(metrics::GroupSamples& next, const Injection& injection, Draws& draws) {
  if (injection.value == kErrorRatio && next.values.contains(kRequests)) {
    const std::int64_t requests = count_in(next, kRequests);
    const std::int64_t failures = count_in(next, kFailures);
    const double more = injection.percent ? injection.amount / 100 : injection.amount;
    return set_counts(next, requests, failures + drawn(requests - failures, more, draws));
  }
  if (const auto found = next.values.find(injection.value); found != next.values.end())
    found->second += injection.percent ? found->second * injection.amount / 100 : injection.amount;
  if (const auto found = next.histograms.find(injection.value); found != next.histograms.end() && injection.percent)
    found->second = stretched(found->second, 1 + injection.amount / 100, draws);
}

void inject(Recording& recording, const Injection& injection, Draws& draws) {
  const Instant begin = recording.windows.front().from + injection.after;
  for (Window& window : recording.windows) {
    if (window.from < begin) continue;
    for (metrics::GroupSamples& samples : window.groups) {
      if (samples.role == "next") inject(samples, injection, draws);
    }
  }
}

}  // namespace slipway::backtest
