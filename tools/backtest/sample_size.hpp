// How many requests an analyzer needs to see that a release fails more often, found out by asking it.
#pragma once

#include <slipway/interfaces/analyzer.hpp>
#include <slipway/settings.hpp>

#include "tools/backtest/run.hpp"

namespace slipway::backtest {

// What `slipway analysis plan` asks for, as one document.
struct PlanRequest {
  double usual = 0;
  double worse = 0;
  double alpha = 0.01;
  JsonText settings;
  double alpha_share = 1;
  double per_second = 0;
  std::vector<Share> weights;
  std::int32_t runs = 31;
  std::string plugins;
  static constexpr auto fields() {
    return slipway::fields(
        required("usual", &PlanRequest::usual, "Share of bad requests of what runs, above 0."),
        required("worse", &PlanRequest::worse, "Of the new release, above that, below 1."),
        field("alpha", &PlanRequest::alpha, "Chance of a false alarm."),
        field("settings", &PlanRequest::settings, "The analyzer's others."),
        field("alpha_share", &PlanRequest::alpha_share, "The run's share of it."),
        field("per_second", &PlanRequest::per_second, "Requests of both releases; 0: not known."),
        required("weights", &PlanRequest::weights, "Shares of the traffic of the new release.", at_most(32)),
        field("runs", &PlanRequest::runs, "Rollouts that are played; odd.", between(1, 1'001)),
        field("plugins", &PlanRequest::plugins, "Folder with the packages; empty: found beside the program."));
  }
};

// Expected requests of both groups until plain evidence of one test reaches log(1 / alpha), at a share `weight` of the
// new release: with r = worse / usual, each request is worth
//   usual [w r log r - (1 + w (r - 1)) log(1 + w (r - 1))]
// of it. An analyzer that also looks for late changes, tolerates a little and guards itself takes several times as
// many.
double requests_at_best(const PlanRequest& request, double weight);

// Begins an analysis afresh.
using Begin = std::function<Ask()>;
// The median of the rollouts played, in requests of both groups; absent when most of them did not fail.
Result<std::optional<double>> requests_to_see(const PlanRequest& request, double weight, const Begin& begin);

}  // namespace slipway::backtest
