// What a range of seeds came to, as a file: a long run is told in parts, and their sum is of one commit.
#pragma once

#include "tests/simulation/campaign.hpp"

namespace slipway::sim {

struct Ledger {
  std::string commit;
  std::int64_t from = 1;
  std::int64_t seeds = 0;
  std::int64_t steps = 0;
  std::int64_t simulated_ns = 0;
  double seconds = 0;
  std::map<std::string, std::int64_t> mishaps, rollouts, sights;
  static constexpr auto fields() {
    return slipway::fields(
        required("commit", &Ledger::commit, "What was run."), required("from", &Ledger::from, "The first seed."),
        required("seeds", &Ledger::seeds, "How many, without a gap."),
        required("steps", &Ledger::steps, "Each followed by every invariant."),
        required("simulated_ns", &Ledger::simulated_ns, "Simulated time."),
        required("seconds", &Ledger::seconds, "Time that the parts took together."),
        required("mishaps", &Ledger::mishaps, "By name."), required("rollouts", &Ledger::rollouts, "By their end."),
        required("sights", &Ledger::sights, "By name."));
  }
  [[nodiscard]] std::uint64_t next() const { return static_cast<std::uint64_t>(from + seeds); }
  // The seeds that follow on what it has.
  void add(const Tally& tally, double took);
};

// An empty one when there is no such file. A ledger of another commit, or of another beginning, is refused.
Result<Ledger> ledger_in(const std::string& path, const std::string& commit, std::uint64_t from);
// All of it or nothing.
Status keep(const Ledger& ledger, const std::string& path);

}  // namespace slipway::sim
