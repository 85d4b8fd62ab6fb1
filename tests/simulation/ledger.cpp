#include "tests/simulation/ledger.hpp"

#include <cstdio>
#include <fstream>
#include <sstream>

namespace slipway::sim {

void Ledger::add(const Tally& tally, double took) {
  seeds += tally.seeds;
  steps += tally.steps;
  simulated_ns += tally.simulated_ns;
  seconds += took;
  for (const auto& [kind, count] : tally.mishaps) mishaps[std::string(to_name(kind))] += count;
  for (const auto& [state, count] : tally.rollouts) rollouts[std::string(to_name(state))] += count;
  for (const auto& [sight, count] : tally.sights) sights[std::string(sight)] += count;
}

Result<Ledger> ledger_in(const std::string& path, const std::string& commit, std::uint64_t from) {
  Ledger fresh{.commit = commit, .from = static_cast<std::int64_t>(from)};
  std::ifstream file(path);
  if (!file) return fresh;
  std::ostringstream text;
  text << file.rdbuf();
  auto kept = decode_text<Ledger>(text.str(), "the ledger " + path);
  if (!kept.ok()) return kept;
  if (kept->commit == commit && kept->from == fresh.from) return kept;
  return Status(Code::failed_precondition, path + " is of commit " + kept->commit + " and begins with seed " +
                                               std::to_string(kept->from) + ", and this is commit " + commit +
                                               " from seed " + std::to_string(from) +
                                               ": what was run of another does not count here; name another file");
}

Status keep(const Ledger& ledger, const std::string& path) {
  const std::string aside = path + ".new";
  {
    std::ofstream file(aside);
    file << encode_text(ledger) << "\n";
    if (!file.flush()) return Status(Code::unavailable, "the ledger can't be written to " + aside);
  }
  if (std::rename(aside.c_str(), path.c_str()) == 0) return {};
  return Status(Code::unavailable, "the ledger can't be written to " + path);
}

}  // namespace slipway::sim
