// What analyzers ask of the numbers before they take them in.
//
// Every one refuses by name, as an error of the source: a number of requests or failures, or a share of them,
// that is negative or beyond 2^53. Documents hold no NaN, no infinity and no number beyond 2^63.
#pragma once

#include <optional>
#include <slipway/interfaces/metrics.hpp>
#include <string>

namespace slipway::analyzer {

inline constexpr double kMostCounted = 9'007'199'254'740'992;  // 2^53: doubles count exactly up to there

// Why the value is refused; nothing when it may be taken in, or is not there. `samples` may be null.
std::optional<std::string> refusal(const metrics::GroupSamples* samples, const std::string& name);

// "the numbers of the group next cover 40 % of this window, of the 90 % that are wanted"; nothing when they cover as
// much as is wanted, 0 to 1, or when there are none.
std::optional<std::string> uncovered(const metrics::GroupSamples* samples, double wanted);

}  // namespace slipway::analyzer
