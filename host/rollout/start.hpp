// How a rollout begins: afresh, in place of another, or once more. Pure.
#pragma once

#include "host/rollout/record.hpp"

namespace slipway::rollout {

// A rollout that has passed every check and shall begin.
struct Start {
  RolloutRequest request;
  StrategySpec strategy;
  std::string kind = "deploy";
  std::string by;
  Origin origin{};
  Checked checked{};
};

Change begin(const Application& application, const Start& start, std::string id, Instant now);
// The end of a rollout that another one replaces.
Change supersede(const Record& old, const Rollout& by, Instant now);
// What the replaced rollout left behind goes before the new one begins: its traffic returns to the stable release as
// fast as any way back does.
void clear_first(Record& fresh, const Record& old, Instant now);
// A new attempt with the same release and strategy, from the beginning.
Change again(const Rollout& before, const Application& application, Instant now);

}  // namespace slipway::rollout
