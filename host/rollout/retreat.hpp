// The way back. Pure: it needs no strategy, no analysis and no gate, so that nothing can stand in its way.
//
// Traffic moves to the group that shall be home as fast as its ready replicas and the application's RollbackSpec allow,
// or with the first ready replica on a person's word;
// when all of it has arrived, the other group is removed. Shares are such as the provider can give: all at once from
// one that can't split traffic. Weight never moves away from home. A baseline runs the same release as home: it keeps
// its share as long as home could not carry that too, and goes with the other group.
#pragma once

#include "host/rollout/record.hpp"

namespace slipway::rollout {

// Part of all traffic that `ready` of `replicas` may carry on a way back.
std::uint32_t bearable(std::int32_t ready, std::int32_t replicas, const Count& min_ready);
// Part of the traffic that a gradual way back has moved `after` its begin: ten equal shifts, the first at once.
std::uint32_t planned(const RollbackSpec& spec, Duration after);

// The roles of an order on a way back; a baseline keeps its own.
void give_roles(Order& order, const Retreat& retreat);

// What is to be ordered now, for a record with a way back.
struct RetreatStep {
  Order order;
  bool arrived = false;  // all traffic is home
  bool done = false;     // and the other group is gone
  strategy::Wait wait;
  std::string reason;
};
RetreatStep retreat_step(const Record& record, const provider::Observation& world, Instant now);

// Turns a rollout around: to the release it came from.
Change turn_back(const Record& record, std::string reason, const provider::Observation& world, Instant now,
                 Haste haste = Haste::planned);
// The same while what a superseded rollout left behind is still leaving: that goes on, and nothing begins after it.
Change give_up_clearing(const Record& record, std::string reason, Haste haste, Instant now);
// Takes the next step of a way back, in the phases clearing and returning; nothing when there is nothing new to decide,
// `waiting` then says what for.
std::optional<Change> go_back(const Record& record, const provider::Observation& world, Instant now,
                              strategy::Wait& waiting);

// Whether not all traffic is home yet.
bool is_on_its_way(const Record& record);
// Whether shifts of a gradual way back are still to come.
bool goes_by_shifts(const Record& record, Instant now);
// Makes the rest of a way back faster; it never becomes slower.
Change hasten(const Record& record, const std::string& reason, Haste haste, const provider::Observation& world,
              Instant now);

}  // namespace slipway::rollout
