// A rollout from its begin to its end, in a world that is simulated.
#pragma once

#include "tools/rehearse/request.hpp"
#include "tools/rehearse/site.hpp"

namespace slipway::simulate {

struct Outcome {
  rollout::Rollout rollout;
  std::vector<rollout::JournalEntry> journal;
  Duration lasted;                           // simulated time
  std::string stopped;                       // why it was ended before the rollout did; empty: the rollout has ended
  std::vector<std::string> idle_injections;  // those of the request that changed nothing
};

// Throws Error for what the engine refuses, and for what the request names and is not there.
Outcome simulate(const Request& request, offline::Packages& packages);

// As `slipway rollout journal` has it, but for the time: it counts from the begin.
std::string text_of(const Outcome& outcome);
Json document_of(const Outcome& outcome);

}  // namespace slipway::simulate
