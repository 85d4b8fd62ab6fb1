// What a strategy's answer makes of a rollout. Pure.
#pragma once

#include "host/rollout/record.hpp"

namespace slipway::rollout {

// The world as the strategy sees it: groups by the roles of the last order, times on the rollout's own clock, which
// stands still while the rollout is paused.
strategy::StepRequest question(const Record& record, const provider::Observation& world, Instant now);

// What is wrong with an answer, for a person; empty when nothing is. Plugins are not trusted to keep the weights' sum.
std::string fault_of(const strategy::StepReply& reply, const Record& record);

// The order that an answer asks for. A weight rises only where the replicas that carry it are ready (Group::carriers):
// otherwise the weights stay and no replica is taken away until they are. `held` is what is waited for, empty when
// nothing is.
struct NextOrder {
  Order order;
  std::string held;
};
NextOrder next_order(const strategy::StepReply& reply, const Record& record, const provider::Observation& world);

// The rollout after an answer that does not promote, or not yet. `change` is empty when nothing is to be decided;
// `waiting` is what the strategy waits for, also then.
struct Advance {
  std::optional<Change> change;
  strategy::Wait waiting;
};
Advance advance(const Record& record, const strategy::StepReply& reply, NextOrder wanted, Instant now);

// Runs of the analyses that are wanted: those under way go on, others begin afresh and take
// their share of alpha.
std::vector<AnalysisRun> runs_for(const Record& record, const std::vector<strategy::AnalysisWanted>& wanted,
                                  Instant now, AlphaBudget& alpha);
// Gates that the strategy wants, in front of those that the application has.
std::vector<GateRun> gates_for(const Record& record, const std::vector<strategy::GateWanted>& wanted, Instant now);

}  // namespace slipway::rollout
