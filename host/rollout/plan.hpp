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
Later<Checked> check(const Tools& tools, Proposal proposal);
Later<RolloutPlan> make_plan(const Tools& tools, Proposal proposal);

// INVALID_ARGUMENT with what the provider says against an application, before there is a rollout of it. A provider that
// can't be asked says nothing: it is asked again at each deploy.
boost::asio::awaitable<Status> check_application(const Tools& tools, std::string tenant, ApplicationSpec spec);

}  // namespace slipway::rollout
