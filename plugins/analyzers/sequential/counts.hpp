// What a window's samples say, as counts. Pure functions.
#pragma once

#include "plugins/analyzers/sequential/settings.hpp"
#include "plugins/analyzers/sequential/steps.hpp"

namespace slipway::sequential {

// One pair for each track: the failures, or the requests above each edge. FAILED_PRECONDITION when a number is missing,
// INVALID_ARGUMENT when one is no count: both name it.
Result<std::vector<Pair>> counts_in(const Settings& settings, const analyzer::JudgeRequest& request);

// What a track counts, for people: "failed", "took longer than 250000".
std::string bad_means(const Settings& settings, std::size_t track);

}  // namespace slipway::sequential
