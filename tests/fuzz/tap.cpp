// Reports of tests (TAP): parts are bounded and named, and only a report without fault passes.
#include "plugins/metrics/probe/tap.hpp"

#include <algorithm>

#include "tests/fuzz/harness.hpp"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace slipway;
  const probe::Outcome outcome = probe::outcome_of_tap(fuzz::text_of(data, size), "");
  fuzz::require(outcome.parts.size() <= 258, "at most 256 tests and the faults of the report");
  for (const auto& part : outcome.parts) {
    fuzz::require(!part.name.empty() && part.name.size() <= 200, "a part has a name of at most 200 bytes");
    fuzz::require(part.detail.size() <= 250, "what is said of a part is bounded");
  }
  const bool all = std::ranges::all_of(outcome.parts, [](const auto& part) { return part.passed; });
  fuzz::require(all == (outcome.result == probe::Outcome::Result::passed), "it passes when every part does");
  return 0;
}
