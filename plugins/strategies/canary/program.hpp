// The steps of a canary as one list, whichever way they were written, and what is in effect at a position of it.
// Pure functions; no thread rules.
#pragma once

#include "plugins/strategies/canary/settings.hpp"

namespace slipway::canary {

// Ends with all traffic on the canary.
using Program = std::vector<Action>;

// More than any preset should come to; expand stops there.
inline constexpr std::size_t kMostSteps = 400;

Program expand(const Settings& settings);

// The sum of the steps up to a position, the one there included.
struct Effect {
  std::uint32_t weight = 0;
  std::optional<Scale> scale;
  std::vector<provider::Route> routes;
  std::optional<provider::Mirror> mirror;
};
Effect effect_at(const Program& program, std::int32_t step);

// Whether no step gives the canary a part of the requests before it has all: by weight, by header or as copies.
bool goes_at_once(const Program& program);
// Whether a canary that nobody has measured must not go on from here. Missing data is no success: one that has a part
// of the traffic does not get all of it, and one that got all of it from nothing is not promoted.
bool is_last_chance(const Program& program, std::int32_t step);

// Canary replicas of an application of `all` that shall carry the weight: as the scale says, else rounded up and at
// least 1; all of them for all traffic.
std::int32_t canary_replicas(const Effect& effect, std::uint32_t weight, std::int32_t all);

// The share of a baseline beside a canary of this weight: the same, and beyond one half what the canary leaves.
constexpr std::uint32_t baseline_weight(std::uint32_t weight) { return std::min(weight, kAllTraffic - weight); }
// As many replicas as the canary has at this weight; beyond one half so many that each has as much to do as one of the
// canary's, and none when the canary has all traffic.
std::int32_t baseline_replicas(const Effect& effect, std::uint32_t weight, std::int32_t all);

// The step at a position as a phrase: "raise the weight to 25%"; "promote" behind the last.
std::string phrase(const Program& program, std::int32_t step);

}  // namespace slipway::canary
