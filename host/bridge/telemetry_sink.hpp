// Calls of plugins as metrics.
#pragma once

#include "host/bridge/plugin_caller.hpp"
#include "host/telemetry/metrics.hpp"

namespace slipway::bridge {

// Thread-safe.
class TelemetrySink final : public CallSink {
 public:
  explicit TelemetrySink(telemetry::Metrics& metrics) : metrics_(metrics) {}
  void began(std::string_view binding) override;
  void ended(const CallRecord& record) override;
  void refused(std::string_view binding, std::string_view interface, std::uint32_t method) override;

 private:
  telemetry::Metrics& metrics_;
};

}  // namespace slipway::bridge
