// The checks before a rollout, and what it would do. Every fault is found at once; a plugin that can't be reached is a
// refusal of its own.
#pragma once

#include "host/rollout/tools.hpp"

namespace slipway::rollout {

// A request together with what it is about.
struct Proposal {
  Application application;
  Release release;
  StrategySpec strategy;
};

// What would keep the rollout from working: faults of the strategy's settings, analyses, gates and bindings that do not
// exist, and what the provider can't run.
// Also deals out the chance of a false alarm.
Later<AlphaBudget> check(const Tools& tools, Proposal proposal);
Later<RolloutPlan> make_plan(const Tools& tools, Proposal proposal);

}  // namespace slipway::rollout
