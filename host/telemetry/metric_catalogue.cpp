#include "host/telemetry/metric_catalogue.hpp"

#include <algorithm>
#include <array>
#include <vector>

#include "host/telemetry/trust_metrics.hpp"

namespace slipway::telemetry {
namespace {

template <class... Names>
constexpr auto names(Names... list) {
  return std::array<std::string_view, sizeof...(Names)>{list...};
}

constexpr std::array<std::string_view, 0> kNone{};
constexpr auto kVersion = names("version", "compiler");
constexpr auto kCheck = names("check");
constexpr auto kState = names("state");
constexpr auto kStrategyOutcome = names("strategy", "outcome");
constexpr auto kStrategyAction = names("strategy", "action");
constexpr auto kPhase = names("phase");
constexpr auto kAnalyzerVerdict = names("analyzer", "verdict");
constexpr auto kCall = names("binding", "interface", "method", "status");
constexpr auto kMethod = names("binding", "interface", "method");
constexpr auto kBinding = names("binding");
constexpr auto kInstanceReason = names("instance", "reason");
constexpr auto kInstancePermission = names("instance", "permission");
constexpr auto kQueue = names("queue");
constexpr auto kWork = names("kind");
constexpr auto kRequest = names("method", "route", "status");
constexpr auto kRoute = names("method", "route");
constexpr auto kReason = names("reason");
constexpr auto kType = names("type");
constexpr auto kOutcome = names("outcome");
constexpr auto kNotifierType = names("notifier", "type");

}  // namespace

namespace metric {

using enum MetricKind;

constinit const Metric kBuildInfo{"slipway_build_info", gauge, kVersion,
                                  "1, with the version of this host as a label."};
constinit const Metric kStartTime{"slipway_start_time_seconds", gauge, kNone, "When this host started, as Unix time."};
constinit const Metric kHealthChecks{"slipway_health_check", gauge, kCheck, "1 while the named check passes, else 0."};
constinit const Metric kRollouts{"slipway_rollouts", gauge, kState, "Rollouts that are not finished, by state."};
constinit const Metric kRolloutsFinished{"slipway_rollouts_finished_total", counter, kStrategyOutcome,
                                         "Rollouts that ended, by strategy and by how they ended."};
constinit const Metric kDecisions{"slipway_rollout_decisions_total", counter, kStrategyAction,
                                  "Decisions written to the journal, by strategy and kind."};
constinit const Metric kStepSeconds{
    "slipway_rollout_step_seconds", histogram, kPhase,
    "Time that one phase of an engine step took: observe, decide, commit, apply, analyse."};
constinit const Metric kReactionSeconds{
    "slipway_rollout_reaction_seconds", histogram, kNone,
    "From the sample that decided a rollback to the provider's word that traffic has moved."};
constinit const Metric kAnalyses{"slipway_analyses_total", counter, kAnalyzerVerdict,
                                 "Measurements judged, by analyzer and verdict."};
constinit const Metric kPluginCalls{"slipway_plugin_calls_total", counter, kCall,
                                    "Finished plugin calls, by binding, method and status."};
constinit const Metric kPluginCallSeconds{"slipway_plugin_call_seconds", histogram, kMethod,
                                          "Time from a plugin call to its completion, queueing included."};
constinit const Metric kPluginCallsInFlight{"slipway_plugin_calls_in_flight", gauge, kBinding,
                                            "Plugin calls that are not completed yet."};
constinit const Metric kPluginRepliesRefused{"slipway_plugin_replies_refused_total", counter, kMethod,
                                             "Replies of calls that ended well and are no document of their method."};
constinit const Metric kCompletionsRefused{
    "slipway_completions_refused_total", counter, kInstanceReason,
    "Completions that no call waited for: late, double, or of another generation."};
constinit const Metric kPluginSamplesRefused{
    "slipway_plugin_samples_refused_total", counter, kReason,
    "Samples of plugins that were dropped for their name, labels, kind or number of series."};
constinit const Metric kPermissionDenied{
    "slipway_permission_denied_total", counter, kInstancePermission,
    "Requests of plugins that were refused because the profile does not grant them."};
constinit const Metric kPluginsRevoked{"slipway_plugins_revoked", gauge, kNone,
                                       "Instances that run although the site has revoked their package."};
constinit const Metric kGenerations{"slipway_plugin_generations", gauge, kState,
                                    "Loaded generations of plugins, by state."};
constinit const Metric kParkedLibraries{"slipway_parked_libraries", gauge, kNone,
                                        "Libraries that could not be unloaded and stay until the process ends."};
constinit const Metric kParkedBytes{"slipway_parked_bytes", gauge, kNone, "Size of the parked libraries' files."};
constinit const Metric kQueueDepth{
    "slipway_queue_depth", gauge, kQueue,
    "Entries that wait in a bounded queue: the pool of blocking work, or plugin/<instance>."};
constinit const Metric kQueueRefused{
    "slipway_queue_refused_total", counter, kQueue,
    "Entries refused because a queue was full: blocking, plugin/<instance>, requests (for "
    "one application), commands (for one rollout), readers (of events)."};
constinit const Metric kSpareThreads{
    "slipway_spare_threads", gauge, kNone,
    "Threads that were started because plugins that block without saying so held all others."};
constinit const Metric kParkedWork{
    "slipway_parked_work", gauge, kWork,
    "Rollouts that wait for something other than the host, by what it is: time, gate, approval, analysis, replicas, "
    "traffic, or plugin for one that has not answered or failed."};
constinit const Metric kHttpRequests{"slipway_http_requests_total", counter, kRequest,
                                     "Answered requests, by method, route and status."};
constinit const Metric kHttpRequestSeconds{"slipway_http_request_seconds", histogram, kRoute,
                                           "Time from the head of a request to the end of its answer."};
constinit const Metric kHttpConnections{"slipway_http_connections", gauge, kNone, "Open connections."};
constinit const Metric kHttpRefused{
    "slipway_http_refused_total", counter, kReason,
    "Connections and requests refused before they reached a route: limit, size, time, credentials."};
constinit const Metric kEventStreams{"slipway_event_streams", gauge, kNone, "Open server-sent event streams."};
constinit const Metric kEventsGivenUp{
    "slipway_events_given_up_total", counter, kNotifierType,
    "Events that a notifier was not told: refused by its receiver, or not taken for a day."};
constinit const Metric kEvents{"slipway_events_total", counter, kType, "Events published, by type."};
constinit const Metric kOtlpSpans{
    "slipway_otlp_spans_total", counter, kOutcome,
    "Spans by what became of them: sent, dropped because the queue was full, failed because the collector did not "
    "answer or refused the request, rejected by the collector one by one. Absent without telemetry.otlp."};

}  // namespace metric

std::span<const Metric* const> metric_catalogue() {
  using namespace metric;
  static constexpr std::array kAll{&kBuildInfo,
                                   &kStartTime,
                                   &kHealthChecks,
                                   &kRollouts,
                                   &kRolloutsFinished,
                                   &kDecisions,
                                   &kStepSeconds,
                                   &kReactionSeconds,
                                   &kAnalyses,
                                   &kPluginCalls,
                                   &kPluginCallSeconds,
                                   &kPluginCallsInFlight,
                                   &kPluginRepliesRefused,
                                   &kCompletionsRefused,
                                   &kPluginSamplesRefused,
                                   &kPermissionDenied,
                                   &kPluginsRevoked,
                                   &kGenerations,
                                   &kParkedLibraries,
                                   &kParkedBytes,
                                   &kQueueDepth,
                                   &kQueueRefused,
                                   &kSpareThreads,
                                   &kParkedWork,
                                   &kHttpRequests,
                                   &kHttpRequestSeconds,
                                   &kHttpConnections,
                                   &kHttpRefused,
                                   &kEventStreams,
                                   &kEvents,
                                   &kEventsGivenUp,
                                   &kOtlpSpans};
  return kAll;
}

std::span<const double> histogram_bounds() {
  static constexpr std::array kBounds{0.00001, 0.0001, 0.0005, 0.001, 0.005, 0.01, 0.025, 0.05, 0.1,
                                      0.25,    0.5,    1.0,    2.5,   5.0,   10.0, 30.0,  60.0, 300.0};
  return kBounds;
}

std::string_view name_of(MetricKind kind) {
  constexpr std::string_view kNames[] = {"counter", "gauge", "histogram"};
  return kNames[static_cast<std::size_t>(kind)];
}

std::string metrics_reference() {
  std::vector<const Metric*> rows(metric_catalogue().begin(), metric_catalogue().end());
  std::ranges::sort(rows, {}, &Metric::name);
  std::string text = "| metric | kind | labels | meaning |\n| --- | --- | --- | --- |\n";
  for (const Metric* row : rows) {
    std::string labels;
    for (const auto label : row->labels) labels += (labels.empty() ? "`" : ", `") + std::string(label) + "`";
    text += "| `" + std::string(row->name) + "` | " + std::string(name_of(row->kind)) + " | " + labels + " | " +
            std::string(row->help) + " |\n";
  }
  return text;
}

}  // namespace slipway::telemetry
