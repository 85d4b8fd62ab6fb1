#include "host/app/gauges.hpp"

#include "host/telemetry/metric_catalogue.hpp"

namespace slipway::app {

void Gauges::read() {
  const std::lock_guard lock(mutex_);
  read_generations();
  read_instances();
  metrics_.gauge(telemetry::metric::kQueueDepth, {"blocking"})
      .set(static_cast<double>(sources_.runtime.blocking().pending()));
  metrics_.gauge(telemetry::metric::kSpareThreads).set(static_cast<double>(sources_.runtime.spare_threads()));
  metrics_.gauge(telemetry::metric::kParkedWork, {"applications"}).set(static_cast<double>(sources_.engine.busy()));
}

void Gauges::read_generations() {
  std::map<lifecycle::GenerationState, int> states;
  for (const auto& [state, name] : enum_names(lifecycle::GenerationState{})) states[state] = 0;
  for (const lifecycle::PluginStatus& status : sources_.lifecycle.status()) ++states[status.state];
  for (const auto& [state, number] : states)
    metrics_.gauge(telemetry::metric::kGenerations, {to_name(state)}).set(number);
}

void Gauges::read_instances() {
  const auto table = sources_.routes.capture();
  for (const auto& [binding, route] : table->bindings()) {
    const runtime::RefusedCompletions refused = route.instance->refused_completions();
    count_up(route.instance->name(), "late", refused.late);
    count_up(route.instance->name(), "repeated", refused.repeated);
    count_up(route.instance->name(), "unknown", refused.unknown);
    metrics_.gauge(telemetry::metric::kQueueDepth, {"plugin/" + route.instance->name()})
        .set(static_cast<double>(route.instance->queued()));
  }
}

// The instance's own counters are totals; several bindings may lead to it.
void Gauges::count_up(const std::string& instance, const std::string& reason, std::uint64_t total) {
  std::uint64_t& before = counted_[{instance, reason}];
  metrics_.counter(telemetry::metric::kCompletionsRefused, {instance, reason}).add(static_cast<double>(total - before));
  before = total;
}

}  // namespace slipway::app
