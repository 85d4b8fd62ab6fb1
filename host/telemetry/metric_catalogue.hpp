// Every metric of the host, as data: what /metrics shows and what docs/reference/metrics.md is made from.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>

namespace slipway::telemetry {

enum class MetricKind : std::uint8_t { counter, gauge, histogram };

// One row. Durations are seconds; labels are given by the caller in this order.
struct Metric {
  std::string_view name;
  MetricKind kind;
  std::span<const std::string_view> labels;
  std::string_view help;
};

namespace metric {

extern const Metric kBuildInfo;
extern const Metric kStartTime;
extern const Metric kHealthChecks;
extern const Metric kRollouts;
extern const Metric kRolloutsFinished;
extern const Metric kDecisions;
extern const Metric kStepSeconds;
extern const Metric kReactionSeconds;
extern const Metric kAnalyses;
extern const Metric kPluginCalls;
extern const Metric kPluginCallSeconds;
extern const Metric kPluginCallsInFlight;
extern const Metric kPluginRepliesRefused;
extern const Metric kCompletionsRefused;
extern const Metric kPluginSamplesRefused;
extern const Metric kGenerations;
extern const Metric kParkedLibraries;
extern const Metric kParkedBytes;
extern const Metric kQueueDepth;
extern const Metric kQueueRefused;
extern const Metric kSpareThreads;
extern const Metric kParkedWork;
extern const Metric kHttpRequests;
extern const Metric kHttpRequestSeconds;
extern const Metric kHttpConnections;
extern const Metric kHttpRefused;
extern const Metric kEventStreams;
extern const Metric kEvents;
extern const Metric kOtlpSpans;
extern const Metric kEventsGivenUp;

}  // namespace metric

// All of the above.
std::span<const Metric* const> metric_catalogue();

// Upper bounds, in seconds, that every histogram has.
std::span<const double> histogram_bounds();

// "counter" and so on.
std::string_view name_of(MetricKind kind);

// The catalogue as a Markdown table, sorted by name.
std::string metrics_reference();

}  // namespace slipway::telemetry
