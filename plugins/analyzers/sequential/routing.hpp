// The sample-ratio check of a run: do the requests go where the weights send them?
#pragma once

#include "plugins/analyzers/sequential/settings.hpp"

namespace slipway::sequential {

inline constexpr double kRoutingAlpha = 0.001;

struct Routed {
  std::int64_t next = 0;
  std::int64_t stable = 0;
  std::optional<std::uint32_t> weight;  // of the judged group in the whole window, parts per million
  bool follows = false;                 // the window before was taken in, too
};
// Counts a window of which the one before was taken in, under the same weight: a source may count with it what began
// before it, up to a scrape earlier or so long as a request takes, and those requests went where they were sent then.
// With each new weight the evidence so far is put aside: the product of both is evidence again.
void add(Routing& routing, const Routed& window);
// Log-evidence that the requests do not follow the weights.
double log_evidence(const Routing& routing);
// "4,812 of 40,100 requests (12 %) went to next, where 10% should".
std::string routing_sentence(const Routing& routing, double evidence, double threshold);

}  // namespace slipway::sequential
