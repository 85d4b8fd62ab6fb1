#include "host/app/gauges.hpp"

#include <utility>

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
  const std::uint64_t refused = sources_.runtime.blocking().refused();
  metrics_.counter(telemetry::metric::kQueueRefused, {"blocking"})
      .add(static_cast<double>(refused - std::exchange(blocking_refused_, refused)));
  for (const auto& [kind, number] : sources_.engine.parked())
    metrics_.gauge(telemetry::metric::kParkedWork, {to_name(kind)}).set(static_cast<double>(number));
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
    if (route.instance == nullptr) continue;  // it is being exchanged, or has failed
    const runtime::RefusedCompletions refused = route.instance->refused_completions();
    count_up(*route.instance, "late", refused.late);
    count_up(*route.instance, "repeated", refused.repeated);
    count_up(*route.instance, "unknown", refused.unknown);
    metrics_.gauge(telemetry::metric::kQueueDepth, {"plugin/" + route.instance->name()})
        .set(static_cast<double>(route.instance->queued()));
    count_refused(*route.instance);
  }
}

void Gauges::read_parked() {
  std::uint64_t bytes = 0;
  const auto parked = sources_.residents.parked();
  for (const loader::ParkedLibrary& library : parked) bytes += library.bytes;
  metrics_.gauge(telemetry::metric::kParkedLibraries).set(static_cast<double>(parked.size()));
  metrics_.gauge(telemetry::metric::kParkedBytes).set(static_cast<double>(bytes));
}

void Gauges::count_up(const runtime::Instance& instance, const std::string& reason, std::uint64_t total) {
  metrics_.counter(telemetry::metric::kCompletionsRefused, {instance.name(), reason})
      .add(static_cast<double>(growth(instance, reason, total)));
}

void Gauges::count_refused(const runtime::Instance& instance) {
  metrics_.counter(telemetry::metric::kQueueRefused, {"plugin/" + instance.name()})
      .add(static_cast<double>(growth(instance, "queue", instance.refused_calls())));
}

// The instance's own counters are totals that begin anew with each generation; several bindings may lead to it.
std::uint64_t Gauges::growth(const runtime::Instance& instance, const std::string& what, std::uint64_t total) {
  Counted& before = counted_[{instance.name(), what}];
  if (before.of.lock().get() != &instance) before = {instance.weak_from_this(), 0};
  return total - std::exchange(before.total, total);
}

}  // namespace slipway::app
