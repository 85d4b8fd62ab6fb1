// Faults of a canary's settings beyond their types: what contradicts itself, and what the provider can't do.
#pragma once

#include "plugins/strategies/canary/settings.hpp"

namespace slipway::canary {

// Every fault, each with its path. Pure; any thread.
Problems faults(const Settings& settings, const strategy::ValidateRequest& request);

}  // namespace slipway::canary
