#include "host/bridge/plugin_caller.hpp"

#include <chrono>
#include <optional>

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
  return {Code::not_found,
          "the profile has no binding \"" + std::string(binding) + "\"; there are " + table.names_like(binding)};
}

Status no_interface(const runtime::Instance& instance, std::string_view binding, std::string_view interface) {
  return {Code::unimplemented, "binding \"" + std::string(binding) + "\" leads to " + instance.plugin() +
                                   ", which does not serve " + std::string(interface) + "; it serves " +
                                   list_of(instance.interfaces())};
}

Status nothing_runs(const Way& way, std::string_view binding) {
  return {Code::unavailable, "binding \"" + std::string(binding) + "\" leads to nothing that runs: " + way.down};
}

// Tells the sink of one call, whatever way the coroutine ends.
class Recording {
 public:
  Recording(CallSink& sink, std::string_view binding, std::string_view interface, std::uint32_t method)
      : sink_(sink), binding_(binding), interface_(interface), method_(method) {
    sink_.began(binding_);
  }
  Recording(const Recording&) = delete;
  Recording& operator=(const Recording&) = delete;
  ~Recording() { sink_.ended({binding_, interface_, method_, code_, seconds_ ? *seconds_ : taken()}); }
  // `tally` counts the same and may be null.
  void set(Code code, Tally* tally) {
    code_ = code;
    seconds_ = taken();
    if (tally != nullptr) tally->note(code, *seconds_);
  }

 private:
  [[nodiscard]] double taken() const {
    const std::chrono::duration<double> taken = std::chrono::steady_clock::now() - begin_;
    return taken.count();
  }

  CallSink& sink_;
  const std::string_view binding_;
  const std::string_view interface_;
  const std::uint32_t method_;
  const std::chrono::steady_clock::time_point begin_ = std::chrono::steady_clock::now();
  Code code_ = Code::cancelled;
  std::optional<double> seconds_;
};

telemetry::OpenSpan open_span(telemetry::Tracer* tracer, const std::string& traceparent, std::string_view binding,
                              std::string_view interface, std::uint32_t method) {
  if (tracer == nullptr) return {};
  telemetry::OpenSpan span = tracer->child(traceparent, telemetry::SpanKind::client, {});
  if (!span) return span;
  const std::string name = method_name(interface, method);
  span.rename(std::string(interface) + " " + name);
  span.set("slipway.binding", binding);
  span.set("slipway.interface", interface);
  span.set("slipway.method", name);
  return span;
}

void describe(telemetry::OpenSpan& span, const Way& way, const Status& status) {
  span.set("slipway.instance", way.instance->name());
  span.set("slipway.plugin", way.instance->plugin());
  span.set("slipway.version", way.version);
  span.set("slipway.status", name_of(status.code));
  // A plugin's sentence may hold what it was given.
  if (!status.ok()) span.fail(name_of(status.code));
}

}  // namespace

boost::asio::awaitable<Result<std::string>> PluginCaller::call(std::string_view binding, std::string_view interface,
                                                               std::uint32_t method, std::string payload,
                                                               CallContext context) {
  const runtime::Deadline deadline = runtime::deadline_in(context.budget_ns);
  runtime::CallRequest request{.method = method,
                               .budget_ns = context.budget_ns,
                               .payload = std::move(payload),
                               .traceparent = std::move(context.traceparent),
                               .tenant = std::move(context.tenant),
                               .subject = std::move(context.subject),
                               .roles = std::move(context.roles)};
  const auto spend_time = [&request, deadline] {
    if (request.budget_ns != SLIPWAY_NO_DEADLINE) request.budget_ns = runtime::remaining_ns(deadline);
  };
  std::optional<Recording> recording;
  telemetry::OpenSpan span;
  while (true) {
    const std::shared_ptr<const RouteTable> table = routes_.capture();
    const Route* route = table->find(binding);
    if (route == nullptr) co_return no_binding(*table, binding);
    if (route->intake != nullptr) {
      const Status open = co_await route->intake->wait(std::string(binding), deadline);
      if (!open.ok()) co_return open;
      spend_time();
      continue;
    }
    const Way& way = route->choose(context.affinity);
    if (way.instance == nullptr) {
      if (!recording) recording.emplace(sink_, binding, interface, method);
      recording->set(Code::unavailable, way.tally.get());
      co_return nothing_runs(way, binding);
    }
    const auto index = way.instance->interface_index(interface);
    if (!index) co_return no_interface(*way.instance, binding, interface);
    request.interface_index = *index;
    if (!recording) {
      recording.emplace(sink_, binding, interface, method);
      span = open_span(tracer_, request.traceparent, binding, interface, method);
      if (span) request.traceparent = span.traceparent();
    }
    std::optional<runtime::CallRequest> not_begun;
    auto result = co_await runtime::async_call(way.instance, std::move(request), &not_begun);
    if (not_begun && routes_.capture() != table) {
      request = *std::move(not_begun);
      spend_time();
      continue;
    }
    recording->set(result.status().code, way.tally.get());
    if (span) describe(span, way, result.status());
    if (context.answered_by != nullptr) *context.answered_by = way.version;
    co_return result;
  }
}

std::string PluginCaller::version_of(std::string_view binding, std::string_view affinity) const {
  const std::shared_ptr<const RouteTable> table = routes_.capture();
  const Route* route = table->find(binding);
  return route == nullptr ? std::string() : route->choose(affinity).version;
}

}  // namespace slipway::bridge
