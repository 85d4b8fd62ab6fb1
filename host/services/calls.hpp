// What services share that call bindings on a plugin's behalf.
#pragma once

#include <slipway/abi/plugin.h>

#include <chrono>
#include <string>
#include <utility>

#include "host/bridge/caller.hpp"
#include "host/services/service.hpp"

namespace slipway::services {

// The context of a call made for the plugin's request, with the request's whole budget.
inline bridge::CallContext context_of(const Request& request, std::string tenant) {
  bridge::CallContext context;
  context.budget_ns = request.budget_ns;
  context.traceparent = request.traceparent;
  context.tenant = std::move(tenant);
  context.subject = "plugin:" + request.requester.instance;
  return context;
}

}  // namespace slipway::services
