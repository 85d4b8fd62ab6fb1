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
  Json state;        // what the old one exported, or its last checkpoint; null unless it keeps a snapshot
  std::string lost;  // what of the old one's state is not in there, and why; empty when it could export
  bool done = false;
  bool goes_on = false;  // the old one did not hand over, and was not ended for it
};

inline bool keeps_snapshot(const Generation& generation) {
  return generation.plan().package.manifest.state.kind == manifest::StateKind::snapshot;
}

inline bool hands_over(const Generation& from, const Generation& to) {
  return keeps_snapshot(from) && keeps_snapshot(to) && from.plan().package.manifest.id == to.plan().package.manifest.id;
}

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
