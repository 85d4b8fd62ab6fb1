#include "host/bridge/telemetry_sink.hpp"

#include "host/bridge/method_names.hpp"

namespace slipway::bridge {

void TelemetrySink::began(std::string_view binding) {
  metrics_.gauge(telemetry::metric::kPluginCallsInFlight, {binding}).add(1);
}

void TelemetrySink::ended(const CallRecord& record) {
  const std::string method = method_name(record.interface, record.method);
  metrics_.gauge(telemetry::metric::kPluginCallsInFlight, {record.binding}).add(-1);
  metrics_.counter(telemetry::metric::kPluginCalls, {record.binding, record.interface, method, name_of(record.code)})
      .add();
  metrics_.histogram(telemetry::metric::kPluginCallSeconds, {record.binding, record.interface, method})
      .observe(record.seconds);
}

void TelemetrySink::refused(std::string_view binding, std::string_view interface, std::uint32_t method) {
  metrics_.counter(telemetry::metric::kPluginRepliesRefused, {binding, interface, method_name(interface, method)})
      .add();
}

}  // namespace slipway::bridge
