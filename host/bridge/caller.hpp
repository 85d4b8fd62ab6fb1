// How the host calls a plugin: by the name of a binding. Everything above (engine, API, services) depends on this
// interface only, so that tests answer calls from memory.
#pragma once

#include <boost/asio/awaitable.hpp>
#include <cstdint>
#include <memory>
#include <slipway/status.hpp>
#include <string>
#include <string_view>

namespace slipway::bridge {

// What travels with a call. `budget_ns` is what remains at the time of the call.
struct CallContext {
  std::int64_t budget_ns = std::int64_t{10} * 1'000'000'000;
  std::string traceparent;
  std::string tenant;
  std::string subject;
  std::string roles;
  // Calls of one thing, a rollout say, that shall go the same way while a share of the calls is on trial elsewhere.
  std::string affinity;
  // Where the version of the plugin that answered is noted before the answer is back; null when nobody wants to know.
  std::shared_ptr<std::string> answered_by;
};

class Caller {
 public:
  Caller() = default;
  Caller(const Caller&) = delete;
  Caller& operator=(const Caller&) = delete;
  virtual ~Caller() = default;

  // Calls method number `method` of `interface` at `binding` and returns the reply's bytes, or the status it ended
  // with: the plugin's own, NOT_FOUND for an unknown binding, UNIMPLEMENTED when it doesn't serve the interface,
  // DEADLINE_EXCEEDED or CANCELLED. Resumes on the caller's executor. [any thread]
  virtual boost::asio::awaitable<Result<std::string>> call(std::string_view binding, std::string_view interface,
                                                           std::uint32_t method, std::string payload,
                                                           CallContext context) = 0;
  // The version of the plugin that calls of `binding` with this affinity reach now; "" when nobody knows. The binding
  // "<binding>@<version>" stays with that version for as long as it is kept. [any thread]
  [[nodiscard]] virtual std::string version_of(std::string_view /*binding*/, std::string_view /*affinity*/) const {
    return {};
  }
  // The caller can make nothing of that reply, though the call ended well. [any thread]
  virtual void reply_refused(std::string_view /*binding*/, std::string_view /*interface*/, std::uint32_t /*method*/) {}
};

}  // namespace slipway::bridge
