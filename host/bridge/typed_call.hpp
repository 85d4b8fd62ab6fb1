// Typed calls over Caller: co_await call<provider::Interface, provider::Observe>(caller, "provider", request, context).
#pragma once

#include <slipway/interface.hpp>
#include <string>
#include <utility>

#include "host/base/readable.hpp"
#include "host/bridge/caller.hpp"

namespace slipway::bridge {

// The reply document, or INTERNAL for one that does not fit its schema, which names the binding and every fault.
template <class Interface, class Method>
Result<typename Method::Reply> reply_in(Caller& caller, const std::string& binding, std::string_view bytes) {
  auto reply =
      decode_text<typename Method::Reply>(bytes, "the reply of " + binding + " to " + std::string(Method::name));
  if (reply.ok()) return reply;
  caller.reply_refused(binding, Interface::id, Interface::template index_of<Method>());
  return Status(Code::internal, base::readable(reply.status().message), reply.status().problems);
}

// The reply document, or the status of the call. `request` is the document's text. `caller` must outlive the call.
template <class Interface, class Method>
boost::asio::awaitable<Result<typename Method::Reply>> call_text(Caller& caller, std::string binding,
                                                                 std::string request, CallContext context) {
  auto bytes = co_await caller.call(binding, Interface::id, Interface::template index_of<Method>(), std::move(request),
                                    std::move(context));
  if (!bytes.ok()) co_return bytes.status();
  co_return reply_in<Interface, Method>(caller, binding, *bytes);
}

// The same for a request that is encoded here, at once: it need not outlive this.
template <class Interface, class Method>
boost::asio::awaitable<Result<typename Method::Reply>> call(Caller& caller, std::string binding,
                                                            const typename Method::Request& request,
                                                            CallContext context) {
  return call_text<Interface, Method>(caller, std::move(binding), encode_text(request), std::move(context));
}

}  // namespace slipway::bridge
