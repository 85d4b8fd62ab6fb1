// How many requests it takes to see that a release fails more often.
#pragma once

namespace slipway::cli {

struct Regression {
  double usual = 0;  // share of bad requests of what runs, above 0
  double worse = 0;  // of the new release, above `usual`, below 1
};

// Requests of both groups together, expected until the evidence that analyzer-sequential adds up reaches log(1 /
// alpha), when the new release gets `weight` (0 to 1) of them: with r = worse / usual, each request is worth
//   usual [w r log r - (1 + w (r - 1)) log(1 + w (r - 1))]
// of it. The mixture over candidate ratios, and the sign guard, ask for somewhat more.
double requests_to_see(const Regression& regression, double weight, double alpha);

}  // namespace slipway::cli
