// What must hold at every moment, whatever happens: docs/reference/invariants.md in code.
#pragma once

#include <span>
#include <string>
#include <string_view>

#include "tests/simulation/watch.hpp"

namespace slipway::sim {

struct Invariant {
  std::string_view name;
  // What is wrong after this step; empty when it holds.
  std::string (*fault)(Watch& watch);
};
std::span<const Invariant> invariants();

struct Violation {
  std::string_view invariant;
  std::string what;
};
// The first that does not hold.
std::optional<Violation> broken(Watch& watch);

}  // namespace slipway::sim
