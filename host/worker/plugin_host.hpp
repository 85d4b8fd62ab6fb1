// The host's table as the plugin in a worker sees it: every function becomes a message.
#pragma once

#include <slipway/abi/plugin.h>

#include "host/worker/channel.hpp"
#include "host/worker/open_calls.hpp"

namespace slipway::worker {

struct PluginHostLimits {
  std::uint64_t reply_bytes = 0;    // larger replies are told by their size alone
  std::uint64_t request_bytes = 0;  // requests likewise
};

// Its table's functions may be called from any thread, as long as the object lives.
class PluginHost {
 public:
  PluginHost(Channel& channel, OpenCalls& calls, PluginHostLimits limits);
  PluginHost(const PluginHost&) = delete;
  PluginHost& operator=(const PluginHost&) = delete;

  [[nodiscard]] const slipway_host& table() const { return table_; }

 private:
  static PluginHost& of(void* context) { return *static_cast<PluginHost*>(context); }
  static void complete(void* context, std::uint64_t call_id, slipway_status status, slipway_blob payload);
  static std::uint32_t is_cancelled(void* context, std::uint64_t call_id);
  static void request(void* context, slipway_span service, slipway_span method, std::uint64_t token,
                      slipway_span payload, std::int64_t budget_ns);
  static void wake(void* context, std::uint64_t token);
  static void log(void* context, std::uint32_t level, slipway_span message, slipway_span fields);
  static void metric(void* context, std::uint32_t kind, slipway_span name, slipway_span labels, double value);

  Channel& channel_;
  OpenCalls& calls_;
  const PluginHostLimits limits_;
  const slipway_host table_;
};

}  // namespace slipway::worker
