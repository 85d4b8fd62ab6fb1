// The words of one instance, with its name on them: records to the log, samples to the metrics, requests to the broker.
#pragma once

#include <cstdint>
#include <memory>
#include <mutex>

#include "host/base/clock.hpp"
#include "host/runtime/host_sink.hpp"
#include "host/services/broker.hpp"
#include "host/telemetry/log.hpp"
#include "host/telemetry/metrics.hpp"
#include "host/telemetry/request_ids.hpp"

namespace slipway::services {

// Thread-safe. Everything given to it outlives the instance.
class InstanceSink final : public runtime::HostSink {
 public:
  // `request_ids` may be null.
  InstanceSink(Requester requester, telemetry::Log log, telemetry::Metrics& metrics, Broker& broker,
               const base::Clock& clock, const telemetry::RequestIds* request_ids = nullptr);
  ~InstanceSink() override;

  // What is no JSON object is left out of the record; at most 64 fields and 64 KiB of text. A field "traceparent" is
  // joined by the id of the request that began the trace, while it is known. An instance that writes more than a MiB a
  // second has its records left out until half of that is free again. The log says so at once, and how many at the next
  // record after that, or when the sink ends.
  void log(std::uint32_t level, std::string_view message, std::string_view fields) override;
  void host_log(std::uint32_t level, std::string_view message) override;
  // A sample whose labels are no JSON object of texts is recorded without labels.
  void metric(std::uint32_t kind, std::string_view name, std::string_view labels, double value) override;
  void request(runtime::HostRequest request, runtime::Answerer answer) override;

 private:
  [[nodiscard]] bool may_write(std::size_t bytes);
  void tell_left_out();  // with the lock held, if others may write

  const std::shared_ptr<const Requester> requester_;
  const telemetry::Log log_;
  telemetry::Metrics& metrics_;
  Broker& broker_;
  const base::Clock& clock_;
  const telemetry::RequestIds* const request_ids_;
  std::mutex mutex_;  // guards what follows
  std::int64_t free_bytes_;
  std::int64_t counted_ns_;  // when the free bytes were counted last
  bool floods_ = false;
  std::uint64_t left_out_ = 0;
};

}  // namespace slipway::services
