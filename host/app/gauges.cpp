#include "host/app/gauges.hpp"

#include "host/telemetry/metric_catalogue.hpp"

namespace slipway::app {

void Gauges::read() {
  const std::lock_guard lock(mutex_);
  read_generations();
  read_instances();
  read_parked();
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
    if (route.instance == nullptr) continue;  // it is being exchanged
    const runtime::RefusedCompletions refused = route.instance->refused_completions();
    count_up(*route.instance, "late", refused.late);
    count_up(*route.instance, "repeated", refused.repeated);
    count_up(*route.instance, "unknown", refused.unknown);
    metrics_.gauge(telemetry::metric::kQueueDepth, {"plugin/" + route.instance->name()})
        .set(static_cast<double>(route.instance->queued()));
  }
}

void Gauges::read_parked() {
  std::uint64_t bytes = 0;
  const auto parked = sources_.residents.parked();
  for (const loader::ParkedLibrary& library : parked) bytes += library.bytes;
  metrics_.gauge(telemetry::metric::kParkedLibraries).set(static_cast<double>(parked.size()));
  metrics_.gauge(telemetry::metric::kParkedBytes).set(static_cast<double>(bytes));
}

// The instance's own counters are totals that begin anew with each generation; several bindings may lead to it.
void Gauges::count_up(const runtime::Instance& instance, const std::string& reason, std::uint64_t total) {
  Counted& before = counted_[{instance.name(), reason}];
  if (before.of.lock().get() != &instance) before = {instance.weak_from_this(), 0};
  metrics_.counter(telemetry::metric::kCompletionsRefused, {instance.name(), reason})
      .add(static_cast<double>(total - before.total));
  before.total = total;
}

}  // namespace slipway::app
