// The Caller of a running host: calls of instances in this process, by the current route table.
#pragma once

#include <string>

#include "host/bridge/caller.hpp"
#include "host/bridge/routes.hpp"
#include "host/telemetry/tracer.hpp"

namespace slipway::bridge {

// One finished call, alive only during the function it is given to.
struct CallRecord {
  std::string_view binding;
  std::string_view interface;
  std::uint32_t method = 0;
  Code code = Code::ok;
  double seconds = 0;  // until the answer came, queueing included
};

// Where the caller's numbers go. Called from any thread; must not block.
class CallSink {
 public:
  CallSink() = default;
  CallSink(const CallSink&) = delete;
  CallSink& operator=(const CallSink&) = delete;
  virtual ~CallSink() = default;

  virtual void began(std::string_view binding) = 0;
  virtual void ended(const CallRecord& record) = 0;
  virtual void refused(std::string_view binding, std::string_view interface, std::uint32_t method) = 0;
};

// Thread-safe. A call captures the table, so that a swap in its middle does not touch it. One whose instance has ended
// before it took the call, or whose binding is being exchanged, looks at the new table and goes on, within its budget.
// A call that is not made, for want of a route or an interface, is no call for the sink.
class PluginCaller final : public Caller {
 public:
  // `tracer` is told of each call that belongs to a sampled trace, and the plugin gets the call's own span to go on
  // from; null: nobody is.
  PluginCaller(const Routes& routes, CallSink& sink, telemetry::Tracer* tracer = nullptr)
      : routes_(routes), sink_(sink), tracer_(tracer) {}

  boost::asio::awaitable<Result<std::string>> call(std::string_view binding, std::string_view interface,
                                                   std::uint32_t method, std::string payload,
                                                   CallContext context) override;
  [[nodiscard]] std::string version_of(std::string_view binding, std::string_view affinity) const override;
  void reply_refused(std::string_view binding, std::string_view interface, std::uint32_t method) override {
    sink_.refused(binding, interface, method);
  }

 private:
  const Routes& routes_;
  CallSink& sink_;
  telemetry::Tracer* const tracer_;
};

}  // namespace slipway::bridge
