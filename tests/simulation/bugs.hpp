// Faults planted to see whether the simulation finds them. Each stands between the hosts and what they call, or in the
// strategy, so that nothing that is shipped knows of them.
#pragma once

#include <span>

#include "tests/simulation/world.hpp"

namespace slipway::sim {

struct Bug {
  std::string_view name;
  std::string_view what;
  // Takes its place in the world.
  void (*plant)(World& world);
};
std::span<const Bug> bugs();
// Null when there is none of that name.
const Bug* find_bug(std::string_view name);

}  // namespace slipway::sim
