// The sample-ratio check of a run: do the requests go where the weights send them?
#pragma once

#include "plugins/analyzers/sequential/settings.hpp"

namespace slipway::sequential {

inline constexpr double kRoutingAlpha = 0.001;

// Takes a window in whose whole the judged group had `weight` (parts per million). With each new weight the evidence so
// far is put aside and a new count begins: the product of both is evidence again.
void add(Routing& routing, std::int64_t next, std::int64_t stable, std::uint32_t weight);
// Log-evidence that the requests do not follow the weights.
double log_evidence(const Routing& routing);
// "4,812 of 40,100 requests (12 %) went to next, where 10% should".
std::string routing_sentence(const Routing& routing, double evidence, double threshold);

}  // namespace slipway::sequential
