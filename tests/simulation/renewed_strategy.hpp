// A later version of a strategy whose state has another schema: it takes over the shipped one's, and the shipped one
// can't take over its.
#pragma once

#include "tests/simulation/world.hpp"

namespace slipway::sim {

World::Plugin renewed(World::Plugin shipped);

}  // namespace slipway::sim
