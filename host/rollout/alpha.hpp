// The chance of a false alarm, dealt out to the runs of a rollout's analyses. Pure.
#pragma once

#include <map>
#include <slipway/document.hpp>
#include <slipway/values.hpp>
#include <string>

namespace slipway::rollout {

// What one analysis has of it. Without weight it spends nothing.
struct AlphaPart {
  double weight = 0;
  std::int32_t planned = 0;
  std::int32_t begun = 0;
  static constexpr auto fields() {
    return slipway::fields(required("weight", &AlphaPart::weight, "How much a run wants, beside the others."),
                           field("planned", &AlphaPart::planned, "Runs that the plan knows of."),
                           field("begun", &AlphaPart::begun, "Runs begun."));
  }
};

// Runs that the plan knows of share nine tenths by their weights. The others, after a check that failed say, share the
// last tenth, or everything where there is no plan: the k-th has 1/(k (k+1)) of it, which adds up to less than 1.
struct AlphaBudget {
  std::map<std::string, AlphaPart> parts;
  std::int32_t unplanned = 0;
  static constexpr auto fields() {
    return slipway::fields(field("parts", &AlphaBudget::parts, "By analysis."),
                           field("unplanned", &AlphaBudget::unplanned, "Runs begun that no plan knew of."));
  }
};

// Of each run that is planned.
double planned_share(const AlphaBudget& budget, const std::string& analysis);
// Begins a run: its share, of which those of a rollout add up to at most 1. 1 for an analysis that spends nothing.
double take_share(AlphaBudget& budget, const std::string& analysis);

}  // namespace slipway::rollout
