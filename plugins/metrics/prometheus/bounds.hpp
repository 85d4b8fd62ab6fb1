// Classic histograms of groups whose buckets have other bounds, as those of a release that changed them. Pure.
#pragma once

#include "plugins/metrics/prometheus/answer.hpp"

namespace slipway::prometheus {

struct OfGroup {
  std::string role;
  Found* answer;
};

// Leaves only the buckets whose bounds each histogram of all these answers has: its targets may differ too, and only so
// do counters add up within an answer, and the answers for two groups tell the same requests apart. The answer is what
// there is to say of buckets that were left out, "" for none; NOT_FOUND when no bound is left but the last, which has
// none. Answers that are no classic histograms stay as they are, as do all beside one that is native.
Result<std::string> share_bounds(const std::vector<OfGroup>& answers);

}  // namespace slipway::prometheus
