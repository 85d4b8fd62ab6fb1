// Typed calls over Caller: co_await call<provider::Interface, provider::Observe>(caller, "provider", request, context).
#pragma once

#include <slipway/interface.hpp>
#include <string>
#include <utility>

#include "host/base/readable.hpp"
#include "host/bridge/caller.hpp"

namespace slipway::bridge {

// The reply document, or the status of the call; a reply that does not fit its schema is INTERNAL and names the binding
// and every fault. `request` is encoded before the first suspension. `caller` must outlive the call.
template <class Interface, class Method>
boost::asio::awaitable<Result<typename Method::Reply>> call(Caller& caller, std::string binding,
                                                            typename Method::Request request, CallContext context) {
  auto bytes = co_await caller.call(binding, Interface::id, Interface::template index_of<Method>(),
                                    encode_text(request), std::move(context));
  if (!bytes.ok()) co_return bytes.status();
  auto reply =
      decode_text<typename Method::Reply>(*bytes, "the reply of " + binding + " to " + std::string(Method::name));
  if (reply.ok()) co_return reply;
  caller.reply_refused(binding, Interface::id, Interface::template index_of<Method>());
  co_return Status(Code::internal, base::readable(reply.status().message), reply.status().problems);
}

}  // namespace slipway::bridge
