// A call as a coroutine awaits it.
#pragma once

#include <boost/asio/awaitable.hpp>
#include <cstdint>
#include <memory>
#include <optional>
#include <slipway/status.hpp>
#include <string>

#include "host/runtime/instance.hpp"

namespace slipway::runtime {

struct CallRequest {
  std::uint32_t interface_index = 0;
  std::uint32_t method = 0;
  std::int64_t budget_ns = SLIPWAY_NO_DEADLINE;
  std::string payload;
  std::string traceparent;
  std::string tenant;
  std::string subject;
  std::string roles;
  Origin origin = Origin::caller;
};

// Calls the instance, which it holds until the answer is there, and resumes on the awaiting coroutine's executor. When
// the plugin answers inside invoke the coroutine does not suspend. Cancelling the coroutine cancels the call.
//
// An instance that takes no calls, or none any more, hands the request back through `not_begun`, if that is not null:
// nothing of the plugin has seen it, so it may be asked of another instance.
boost::asio::awaitable<Result<std::string>> async_call(std::shared_ptr<Instance> instance, CallRequest request,
                                                       std::optional<CallRequest>* not_begun = nullptr);

}  // namespace slipway::runtime
