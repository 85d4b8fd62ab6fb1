#include "host/services/plain_services.hpp"

#include <algorithm>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <chrono>
#include <slipway/document.hpp>
#include <slipway/services.hpp>

#include "host/bridge/method_names.hpp"
#include "host/services/calls.hpp"
#include "host/services/grants.hpp"

namespace slipway::services {

boost::asio::awaitable<Result<std::string>> TimersService::handle(const Request& request) {
  if (request.method != "sleep") co_return no_method(name(), request, "sleep");
  const auto asked = decode_text<SleepRequest>(request.payload, "timers.sleep");
  if (!asked.ok()) co_return asked.status();
  const std::int64_t span = std::min({asked->duration.ns, request.budget_ns, seconds(10LL * 365 * 86400).ns});
  boost::asio::steady_timer timer(co_await boost::asio::this_coro::executor, std::chrono::nanoseconds(span));
  co_await timer.async_wait(boost::asio::use_awaitable);
  if (asked->duration.ns > request.budget_ns) {
    co_return Status(Code::deadline_exceeded, "the call's deadline came before the end of the sleep");
  }
  co_return "{}";
}

boost::asio::awaitable<Result<std::string>> EventsService::handle(const Request& request) {
  if (request.method != "emit") co_return no_method(name(), request, "emit");
  const auto event = decode_text<EmitRequest>(request.payload, "events.emit");
  if (!event.ok()) co_return event.status();
  const auto& requester = request.requester;
  const Status granted = check_grant(requester, requester.permissions.events, "events", event->type);
  if (!granted.ok()) co_return granted;
  sink_.emit(request.requester.instance, event->type, event->data);
  co_return "{}";
}

boost::asio::awaitable<Result<std::string>> BindingsService::handle(const Request& request) {
  if (request.method != "call") co_return no_method(name(), request, "call");
  const auto asked = decode_text<CallRequest>(request.payload, "bindings.call");
  if (!asked.ok()) co_return asked.status();
  const auto& requester = request.requester;
  const Status granted = check_grant(requester, requester.permissions.bindings, "bindings", asked->binding);
  if (!granted.ok()) co_return granted;
  const auto method = bridge::method_number(asked->interface, asked->method);
  if (!method) {
    co_return Status(Code::unimplemented, asked->interface + " has no method \"" + asked->method + "\"; there are " +
                                              bridge::method_list(asked->interface));
  }
  bridge::CallContext context = context_of(request, {});
  std::string payload = to_text(asked->payload.is_null() ? Json::object() : asked->payload);
  auto bytes = co_await caller_.call(asked->binding, asked->interface, *method, std::move(payload), std::move(context));
  if (!bytes.ok()) co_return bytes.status();
  auto document = parse_json(*bytes);
  if (!document.ok()) {
    co_return Status(Code::internal,
                     "the reply of " + asked->binding + " is no document: " + document.status().message);
  }
  CallReply reply;
  reply.payload = *std::move(document);
  co_return encode_text(reply);
}

}  // namespace slipway::services
