// How the kit's host answers what plugins request: timers really, records and events as an empty host would, and what
// would leave the process with UNAVAILABLE.
#pragma once

#include <string>
#include <string_view>

#include "tools/kit/host.hpp"

namespace slipway::kit {

// The answer to a request, and when it is due. Safe from any thread.
Delivery answer_of_service(std::string_view name, const std::string& payload, std::uint64_t token,
                           std::int64_t budget_ns);

}  // namespace slipway::kit
