// Where an instance's own words go: its log, its metrics, and what it asks of the host.
#pragma once

#include <slipway/abi/plugin.h>

#include <cstdint>
#include <memory>
#include <slipway/status.hpp>
#include <string>
#include <string_view>

namespace slipway::runtime {

class Instance;

struct HostRequest {
  std::string service;
  std::string method;
  std::string payload;
  std::int64_t budget_ns = SLIPWAY_NO_DEADLINE;
};

// The right to answer one request, once. It may be answered on any thread; the plugin hears it on its strand. One that
// is dropped answers UNAVAILABLE. After the instance has ended it does nothing.
class Answerer {
 public:
  Answerer(std::weak_ptr<Instance> instance, std::uint64_t token) : instance_(std::move(instance)), token_(token) {}
  Answerer(Answerer&&) noexcept = default;
  Answerer& operator=(Answerer&&) = delete;
  ~Answerer();

  void succeed(std::string payload);
  // Precondition: not ok.
  void fail(const Status& status);

 private:
  void send(slipway_status status, std::string payload);

  std::weak_ptr<Instance> instance_;
  std::uint64_t token_;
};

// Called from any thread, also inside the plugin's own functions: it must not block and not call the plugin.
class HostSink {
 public:
  HostSink() = default;
  HostSink(const HostSink&) = delete;
  HostSink& operator=(const HostSink&) = delete;
  virtual ~HostSink() = default;

  // `level` as SLIPWAY_LOG_…; `fields` is a JSON object or empty, unchecked.
  virtual void log(std::uint32_t level, std::string_view message, std::string_view fields) = 0;
  // The host's own word on the instance, `level` as above. A sink that bounds the records of an instance leaves none of
  // these out.
  virtual void host_log(std::uint32_t level, std::string_view message) { log(level, message, {}); }
  // `kind` as SLIPWAY_METRIC_…; `labels` is a JSON object or empty, unchecked.
  virtual void metric(std::uint32_t kind, std::string_view name, std::string_view labels, double value) = 0;
  virtual void request(HostRequest request, Answerer answer) = 0;
};

}  // namespace slipway::runtime
