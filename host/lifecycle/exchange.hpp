// One change of what runs, on its way from a plan to the route table, and perhaps back. Not for use outside this
// folder.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "host/lifecycle/changes.hpp"
#include "host/lifecycle/generation.hpp"

namespace slipway::lifecycle {

using GenerationPtr = std::shared_ptr<Generation>;
using Generations = std::vector<GenerationPtr>;

// A new generation and the one that it follows; `old` is null for a new instance.
struct Succession {
  GenerationPtr fresh;
  GenerationPtr old;
  HandOver hand_over = HandOver::none;
  Json state;  // what the old one exported; null unless it keeps a snapshot
  bool done = false;
};

// Belongs to the coroutine that carries it out.
struct Exchange {
  std::string profile;
  std::string profile_before;
  Generations before;  // those that were active, in their order
  Generations after;   // those that shall be, in the order of the new plan: kept ones and fresh ones
  std::vector<std::vector<std::string>> bindings_before;  // of `before`
  std::vector<std::vector<std::string>> bindings_after;   // of `after`
  std::vector<Succession> successions;
  Generations leaving;  // of `before`, without a successor
};

inline Generations fresh_of(const Exchange& exchange) {
  Generations fresh;
  for (const Succession& succession : exchange.successions) fresh.push_back(succession.fresh);
  return fresh;
}

}  // namespace slipway::lifecycle
