// What a person's word does to a rollout under way, or why it can't. Pure.
#pragma once

#include "host/rollout/control.hpp"
#include "host/rollout/record.hpp"

namespace slipway::rollout {

struct Word {
  Action action;
  ActionRequest request;
  std::string by;
  Origin origin{};
  Checked checked{};  // of a retry
};

// The decision, or FAILED_PRECONDITION with a sentence that names the state and what is possible in it. retry and the
// rollback of a rollout that has ended are the engine's: they need the application and its releases.
Result<Change> obey(const Record& record, const Word& word, const provider::Observation& world, Instant now);

// What is possible in a state, for such sentences.
std::string possible_in(State state);

}  // namespace slipway::rollout
