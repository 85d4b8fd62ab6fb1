// Faults of a blue-green release's settings beyond their types, and what the provider can't do.
#pragma once

#include "plugins/strategies/blue-green/settings.hpp"

namespace slipway::blue_green {

// Every fault, each with its path. Pure; any thread.
Problems faults(const Settings& settings, const strategy::ValidateRequest& request);

}  // namespace slipway::blue_green
