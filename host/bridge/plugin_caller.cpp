#include "host/bridge/plugin_caller.hpp"

#include <chrono>

#include "host/bridge/method_names.hpp"
#include "host/runtime/async_call.hpp"

namespace slipway::bridge {
namespace {

std::string list_of(const std::vector<std::string>& names) {
  std::string text;
  for (const std::string& name : names) text += (text.empty() ? "" : ", ") + name;
  return text;
}

Status no_binding(const RouteTable& table, std::string_view binding) {
  return {Code::not_found, "the profile has no binding \"" + std::string(binding) + "\"; there are " + table.names()};
}

Status no_interface(const runtime::Instance& instance, std::string_view binding, std::string_view interface) {
  return {Code::unimplemented, "binding \"" + std::string(binding) + "\" leads to " + instance.plugin() +
                                   ", which does not serve " + std::string(interface) + "; it serves " +
                                   list_of(instance.interfaces())};
}

// Tells the sink of one call, whatever way the coroutine ends.
class Recording {
 public:
  Recording(CallSink& sink, std::string binding, std::string interface, std::uint32_t method)
      : sink_(sink), binding_(std::move(binding)), interface_(std::move(interface)), method_(method) {
    sink_.began(binding_);
  }
  Recording(const Recording&) = delete;
  Recording& operator=(const Recording&) = delete;
  ~Recording() {
    const std::chrono::duration<double> taken = std::chrono::steady_clock::now() - begin_;
    sink_.ended({binding_, interface_, method_, code_, taken.count()});
  }
  void set(Code code) { code_ = code; }

 private:
  CallSink& sink_;
  const std::string binding_;
  const std::string interface_;
  const std::uint32_t method_;
  const std::chrono::steady_clock::time_point begin_ = std::chrono::steady_clock::now();
  Code code_ = Code::cancelled;
};

}  // namespace

boost::asio::awaitable<Result<std::string>> PluginCaller::call(std::string_view binding, std::string_view interface,
                                                               std::uint32_t method, std::string payload,
                                                               CallContext context) {
  const std::shared_ptr<const RouteTable> table = routes_.capture();
  const Route* route = table->find(binding);
  if (route == nullptr) co_return no_binding(*table, binding);
  const auto index = route->instance->interface_index(interface);
  if (!index) co_return no_interface(*route->instance, binding, interface);

  Recording recording(sink_, std::string(binding), std::string(interface), method);
  runtime::CallRequest request{.interface_index = *index,
                               .method = method,
                               .budget_ns = context.budget_ns,
                               .payload = std::move(payload),
                               .traceparent = std::move(context.traceparent),
                               .tenant = std::move(context.tenant),
                               .subject = std::move(context.subject),
                               .roles = std::move(context.roles)};
  auto result = co_await runtime::async_call(route->instance, std::move(request));
  recording.set(result.status().code);
  co_return result;
}

}  // namespace slipway::bridge
