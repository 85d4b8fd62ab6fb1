#include "host/bridge/telemetry_sink.hpp"

#include "host/bridge/method_names.hpp"

namespace slipway::bridge {

void TelemetrySink::began(std::string_view binding) { in_flight(binding).add(1); }

void TelemetrySink::ended(const CallRecord& record) {
  const Series series = series_of(record);
  series.in_flight.add(-1);
  series.calls.add();
  series.seconds.observe(record.seconds);
}

telemetry::Gauge TelemetrySink::in_flight(std::string_view binding) {
  {
    const std::lock_guard lock(mutex_);
    if (const auto found = in_flight_.find(binding); found != in_flight_.end()) return found->second;
  }
  const telemetry::Gauge gauge = metrics_.gauge(telemetry::metric::kPluginCallsInFlight, {binding});
  const std::lock_guard lock(mutex_);
  if (in_flight_.size() < kMaxKept) in_flight_.try_emplace(std::string(binding), gauge);
  return gauge;
}

TelemetrySink::Series TelemetrySink::series_of(const CallRecord& record) {
  {
    const std::lock_guard lock(mutex_);
    const auto found = ended_.find(std::tuple(record.binding, record.interface, record.method, record.code));
    if (found != ended_.end()) return found->second;
  }
  const std::string method = method_name(record.interface, record.method);
  const Series series{
      in_flight(record.binding),
      metrics_.counter(telemetry::metric::kPluginCalls,
                       {record.binding, record.interface, method, name_of(record.code)}),
      metrics_.histogram(telemetry::metric::kPluginCallSeconds, {record.binding, record.interface, method})};
  const std::lock_guard lock(mutex_);
  if (ended_.size() < kMaxKept)
    ended_.try_emplace({std::string(record.binding), std::string(record.interface), record.method, record.code},
                       series);
  return series;
}

void TelemetrySink::refused(std::string_view binding, std::string_view interface, std::uint32_t method) {
  metrics_.counter(telemetry::metric::kPluginRepliesRefused, {binding, interface, method_name(interface, method)})
      .add();
}

}  // namespace slipway::bridge
