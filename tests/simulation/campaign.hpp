// Many seeds, and what came of them.
#pragma once

#include "tests/simulation/story.hpp"

namespace slipway::sim {

struct Failure {
  std::uint64_t seed = 0;
  Violation violation;
};

struct Tally {
  std::int64_t seeds = 0;
  std::int64_t steps = 0;
  std::int64_t simulated_ns = 0;
  std::map<Mischief, std::int64_t> mishaps;
  std::map<State, std::int64_t> rollouts;
  std::map<std::string_view, std::int64_t> sights;
  std::map<std::uint64_t, std::uint64_t> digests;  // by seed, when they are wanted
  std::vector<Failure> failures;                   // by seed
};

struct Campaign {
  std::uint64_t from = 1;
  std::uint64_t seeds = 1'000;
  unsigned jobs = 1;
  const Bug* bug = nullptr;
  std::size_t enough = 1;  // failures after which it stops
  // Of all that happened in each seed: the same in two builds means the same histories.
  bool digests = false;
};
// Each job is a thread with worlds of its own.
Tally run(const Campaign& campaign);

// The same plan without the mishaps that have no part in the failure.
Plan shrunk(Plan plan, const Bug* bug, std::string_view invariant);
// One line that tells how to see it again, the mishaps that are left, and the last of what happened.
std::string story_of(const Failure& failure, const Bug* bug);

}  // namespace slipway::sim
