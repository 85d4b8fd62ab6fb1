// From an order to what the provider is told.
#pragma once

#include <memory>

#include "host/rollout/record.hpp"

namespace slipway::rollout {

using ReleasePtr = std::shared_ptr<const provider::Release>;
using Releases = std::map<std::string, ReleasePtr>;

// Every release that the order names must be there, a baseline's under the name that the store has it by.
provider::Desired desired_of(const Application& application, const ApplicationSpec& spec, const Order& order,
                             const Releases& releases);
// Host headers that lead to the application.
std::vector<std::string> hosts_of(const ApplicationSpec& spec);

}  // namespace slipway::rollout
