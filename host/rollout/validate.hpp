// What people write, checked beyond its schema: every fault at once, each with its path. Pure.
#pragma once

#include <slipway/status.hpp>

#include "host/rollout/model.hpp"

namespace slipway::rollout {

Problems faults_of(const ApplicationSpec& spec);
Problems faults_of(const ReleaseRequest& request);

// [a-z0-9]([a-z0-9.-]*[a-z0-9])?
bool is_name(std::string_view text);

}  // namespace slipway::rollout
