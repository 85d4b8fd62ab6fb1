// Native histograms as the classic ones that they would have been. Pure.
#pragma once

#include "plugins/metrics/prometheus/answer.hpp"

namespace slipway::prometheus {

// Each series of native histograms becomes one counter for each bound, with the label "le", and "+Inf" for all. A
// target may make its buckets coarser at any time, and targets may differ: the bounds are those at which each histogram
// of all these answers knows its count, so that counters can be added up within an answer, and the answers for two
// groups tell the same requests apart. An answer that has anything else beside native histograms stays as it is.
void make_classic(const std::vector<Found*>& answers);

}  // namespace slipway::prometheus
