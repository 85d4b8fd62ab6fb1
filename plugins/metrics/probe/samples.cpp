#include "plugins/metrics/probe/samples.hpp"

#include <algorithm>

namespace slipway::probe {
namespace {

using metrics::GroupSamples;

double milliseconds_of(Duration duration) { return static_cast<double>(duration.ns) / 1e6; }

void put_latencies(GroupSamples& samples, std::vector<Duration> latencies) {
  if (latencies.empty()) return;
  std::sort(latencies.begin(), latencies.end());
  samples.values["latency_max"] = milliseconds_of(latencies.back());
  samples.values["latency_p50"] = milliseconds_of(latencies[(latencies.size() - 1) / 2]);
}

void put_counts(GroupSamples& samples) {
  const auto failed =
      std::count_if(samples.cases.begin(), samples.cases.end(), [](const auto& c) { return !c.passed; });
  const auto all = static_cast<double>(samples.cases.size());
  samples.values["cases"] = all;
  samples.values["failed_cases"] = static_cast<double>(failed);
  samples.values["passed_ratio"] = (all - static_cast<double>(failed)) / all;
}

void put_cases(GroupSamples& samples, const std::string& name, const Outcome& outcome) {
  if (outcome.parts.empty()) samples.cases.push_back({name, outcome.result == Outcome::Result::passed, outcome.detail});
  for (const auto& part : outcome.parts) samples.cases.push_back({name + ": " + part.name, part.passed, part.detail});
}

}  // namespace

GroupSamples samples_of(const std::string& role, const std::vector<NamedOutcome>& outcomes) {
  GroupSamples samples{.role = role, .completeness = 0};
  std::vector<Duration> latencies;
  std::size_t made = 0;
  for (const auto& [name, outcome] : outcomes) {
    if (outcome.result == Outcome::Result::missing) {
      samples.problem = name + ": " + outcome.detail;
      continue;
    }
    ++made;
    put_cases(samples, name, outcome);
    if (outcome.latency) latencies.push_back(*outcome.latency);
  }
  if (outcomes.empty()) samples.problem = "the group has no ready replica to check";
  if (samples.cases.empty()) return samples;
  samples.completeness = static_cast<double>(made) / static_cast<double>(outcomes.size());
  put_counts(samples);
  put_latencies(samples, std::move(latencies));
  return samples;
}

}  // namespace slipway::probe
