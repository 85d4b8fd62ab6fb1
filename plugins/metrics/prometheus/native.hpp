// Native histograms as the classic ones that they would have been. Pure.
#pragma once

#include "plugins/metrics/prometheus/answer.hpp"

namespace slipway::prometheus {

// Each series of native histograms becomes one counter for each bound, with the label "le", and "+Inf" for all. A
// target may make its buckets coarser at any time, and targets may differ: the bounds are those at which each histogram
// of the answer knows its count, so that the counters of all series can be added up. An answer that has anything else
// beside native histograms stays as it is.
Found classic(const Found& answer);

}  // namespace slipway::prometheus
