#include "plugins/analyzers/sequential/counts.hpp"

#include <cmath>

#include "plugins/analyzers/common/numbers.hpp"
#include "plugins/analyzers/sequential/words.hpp"

namespace slipway::sequential {
namespace {

constexpr double kMost = analyzer::kMostCounted;

Result<std::int64_t> count_of(const metrics::GroupSamples& samples, const std::string& name) {
  const auto found = samples.values.find(name);
  const std::string what = "the value " + name + " of the group " + samples.role;
  if (found == samples.values.end())
    return Status(Code::failed_precondition,
                  what + " is missing" + (samples.problem.empty() ? "" : ": " + samples.problem));
  const double value = found->second;
  if (!(value >= 0) || value > kMost)
    return Status(Code::invalid_argument, what + " is " + number(value) + ": want 0 to 2^53");
  return static_cast<std::int64_t>(std::llround(value));
}

// A request is slow when its whole bucket lies above the edge or reaches over it: the same for both groups, and nothing
// is interpolated.
Result<Counts> slow_of(const metrics::GroupSamples& samples, const std::string& name, double edge) {
  const auto found = samples.histograms.find(name);
  const std::string what = "the distribution " + name + " of the group " + samples.role;
  if (found == samples.histograms.end())
    return Status(Code::failed_precondition,
                  what + " is missing" + (samples.problem.empty() ? "" : ": " + samples.problem));
  Counts counts;
  for (const metrics::Bucket& bucket : found->second) {
    if (bucket.count < 0 || static_cast<double>(bucket.count) > kMost)
      return Status(Code::invalid_argument,
                    what + " has a bucket of " + std::to_string(bucket.count) + " observations: want 0 to 2^53");
    counts.requests += bucket.count;
    if (!bucket.upper || *bucket.upper > edge) counts.bad += bucket.count;
  }
  return counts;
}

Result<Counts> failures_of(const metrics::GroupSamples& samples, const Settings& settings) {
  const auto requests = count_of(samples, settings.requests);
  if (!requests.ok()) return requests.status();
  if (settings.kind == Kind::srm) return Counts{*requests, 0};
  const auto failures = count_of(samples, settings.failures);
  if (!failures.ok()) return failures.status();
  if (*failures > *requests)
    return Status(Code::invalid_argument, "the group " + samples.role + " has " + number(*failures) + " " +
                                              settings.failures + " in " + number(*requests) + " " + settings.requests);
  return Counts{*requests, *failures};
}

Result<Counts> counts_of(const metrics::GroupSamples& samples, const Settings& settings, std::size_t track) {
  if (settings.kind == Kind::slow_ratio) return slow_of(samples, settings.histogram, settings.edges[track]);
  return failures_of(samples, settings);
}

}  // namespace

Result<std::vector<Pair>> counts_in(const Settings& settings, const analyzer::JudgeRequest& request) {
  const auto* next = samples_of(request, request.role);
  const auto* stable = samples_of(request, request.baseline);
  if (next == nullptr) return Status(Code::failed_precondition, "there are no samples of the group " + request.role);
  if (stable == nullptr && settings.kind != Kind::absolute)
    return Status(Code::failed_precondition, "there are no samples of the group " + request.baseline);
  std::vector<Pair> pairs(settings.kind == Kind::slow_ratio ? settings.edges.size() : 1);
  for (std::size_t track = 0; track < pairs.size(); ++track) {
    const auto judged = counts_of(*next, settings, track);
    if (!judged.ok()) return judged.status();
    pairs[track].next = *judged;
    if (settings.kind == Kind::absolute) continue;
    const auto baseline = counts_of(*stable, settings, track);
    if (!baseline.ok()) return baseline.status();
    pairs[track].stable = *baseline;
  }
  return pairs;
}

std::string bad_means(const Settings& settings, std::size_t track) {
  return settings.kind == Kind::slow_ratio ? "took longer than " + number(settings.edges[track]) : "failed";
}

}  // namespace slipway::sequential
