#include "tools/backtest/changes.hpp"

#include <algorithm>
#include <charconv>
#include <cmath>
#include <set>

namespace slipway::backtest {
namespace {

constexpr const char* kRequests = "requests";
constexpr const char* kFailures = "failures";
constexpr const char* kErrorRatio = "error_ratio";
constexpr const char* kMoreFailures = "error_ratio=+X%";
constexpr const char* kNext = "next";

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

// Whether any observation can move; those above the last bound stay where they are.
bool has_bounded(const std::vector<metrics::Bucket>& all) {
  return std::any_of(all.begin(), all.end(), [](const auto& bucket) { return bucket.upper && bucket.count > 0; });
}

// What an injection may name, and how.
std::set<std::string> ways_of(const Recording& recording) {
  std::set<std::string> ways;
  for (const Window& window : recording.windows) {
    for (const metrics::GroupSamples& samples : window.groups) {
      if (samples.role != kNext) continue;
      if (samples.values.contains(kRequests)) ways.insert(kMoreFailures);
      for (const auto& [name, value] : samples.values) {
        if (name != kErrorRatio || !samples.values.contains(kRequests)) ways.insert(name + "=+X[%]");
      }
      for (const auto& [name, buckets] : samples.histograms) ways.insert(name + "=+X%");
    }
  }
  return ways;
}

Status nothing_changed(const Recording& recording, const Injection& injection) {
  const std::string refused = "--inject of " + injection.value + " changes nothing: ";
  const Duration length = recording.interval * static_cast<std::int64_t>(recording.windows.size());
  const std::set<std::string> ways = ways_of(recording);
  if (ways.empty())
    return {Code::invalid_argument, refused + "the recording has no group \"next\" with values; --split makes one"};
  if (injection.after > length - recording.interval)
    return {Code::invalid_argument, refused + "no window begins " + to_string(injection.after) +
                                        " after the begin or later; the recording has " + to_string(length)};
  std::string known;
  for (const std::string& way : ways) known += (known.empty() ? "" : ", ") + way;
  return {Code::invalid_argument,
          refused + "from there on the group \"next\" has nothing that it could change; want one of " + known +
              ", not 0" + (ways.contains(kMoreFailures) ? ", and of error_ratio above 0" : "")};
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

Dealt dealt_of(const Recording& recording, const std::string& group) {
  Dealt dealt;
  for (const Window& window : recording.windows) {
    for (const metrics::GroupSamples& samples : window.groups) {
      if (samples.role != group) continue;
      const bool counts = samples.values.contains(kRequests);
      dealt.any = dealt.any || counts || !samples.histograms.empty();
      for (const auto& [name, value] : samples.values) {
        const bool is_count = name == kRequests || name == kFailures || name == kErrorRatio;
        if (!counts || !is_count) dealt.copied.insert(name);
      }
    }
  }
  return dealt;
}

std::string copied_sentence(const Dealt& dealt) {
  std::string names;
  for (const std::string& name : dealt.copied) names += (names.empty() ? "" : ", ") + name;
  return names.empty() ? ""
                       : "no counts, so both groups have the same and no false alarm of them was possible: " + names;
}

Recording split(const Recording& recording, const std::string& group, double share, Draws& draws) {
  Recording changed{recording.interval, {}, recording.warnings};
  if (const std::string copied = copied_sentence(dealt_of(recording, group)); !copied.empty())
    changed.warnings.push_back(copied);
  for (const Window& window : recording.windows) {
    changed.windows.push_back({window.from, {}, Share{static_cast<std::uint32_t>(std::llround(share * 1e6))}});
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

bool inject(metrics::GroupSamples& next, const Injection& injection, Draws& draws) {
  const double part = injection.amount / 100;
  if (injection.value == kErrorRatio && next.values.contains(kRequests)) {
    const std::int64_t failures = count_in(next, kFailures);
    const std::int64_t successes = count_in(next, kRequests) - failures;
    const double more = injection.percent ? part : injection.amount;
    set_counts(next, failures + successes, failures + drawn(successes, more, draws));
    return more > 0 && successes > 0;
  }
  bool changed = false;
  if (const auto found = next.values.find(injection.value); found != next.values.end()) {
    const double before = found->second;
    found->second += injection.percent ? before * part : injection.amount;
    changed = found->second != before;
  }
  const auto found = next.histograms.find(injection.value);
  if (found == next.histograms.end() || !injection.percent || part <= -1) return changed;
  found->second = stretched(found->second, 1 + part, draws);
  return changed || (part != 0 && has_bounded(found->second));
}

Status inject(Recording& recording, const Injection& injection, Draws& draws) {
  const Instant begin = recording.windows.front().from + injection.after;
  bool changed = false;
  for (Window& window : recording.windows) {
    if (window.from < begin) continue;
    for (metrics::GroupSamples& samples : window.groups) {
      if (samples.role == kNext && inject(samples, injection, draws)) changed = true;
    }
  }
  return changed ? Status() : nothing_changed(recording, injection);
}

}  // namespace slipway::backtest
