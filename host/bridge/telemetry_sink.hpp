// Calls of plugins as metrics.
#pragma once

#include <cstddef>
#include <functional>
#include <map>
#include <mutex>
#include <string>
#include <string_view>
#include <tuple>

#include "host/bridge/plugin_caller.hpp"
#include "host/telemetry/metrics.hpp"

namespace slipway::bridge {

// Thread-safe. The metrics outlive it.
class TelemetrySink final : public CallSink {
 public:
  explicit TelemetrySink(telemetry::Metrics& metrics) : metrics_(metrics) {}
  void began(std::string_view binding) override;
  void ended(const CallRecord& record) override;
  void refused(std::string_view binding, std::string_view interface, std::uint32_t method) override;

 private:
  // Where calls of one binding and method that end alike are counted.
  struct Series {
    telemetry::Gauge in_flight;
    telemetry::Counter calls;
    telemetry::Histogram seconds;
  };
  using Ended = std::tuple<std::string, std::string, std::uint32_t, Code>;
  // Beyond that they are looked up at each call: methods that plugins name may be any number.
  static constexpr std::size_t kMaxKept = 4096;

  telemetry::Gauge in_flight(std::string_view binding);
  Series series_of(const CallRecord& record);

  telemetry::Metrics& metrics_;
  std::mutex mutex_;  // guards what follows: series that were looked up before
  std::map<std::string, telemetry::Gauge, std::less<>> in_flight_;
  std::map<Ended, Series, std::less<>> ended_;
};

}  // namespace slipway::bridge
