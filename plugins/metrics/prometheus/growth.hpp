// What counters have grown by in a window, from their scraped samples. Pure.
//
// A window counts from the last sample at or before its begin to the last one at or before its end, so that windows
// that follow each other share no request and leave none out. A series that has no sample before the window is new, and
// counts from zero. A counter below its last sample has begun anew: it has grown by what it shows (as Prometheus' own
// increase() takes it, which then stretches the result to the window's ends).
#pragma once

#include "plugins/metrics/prometheus/answer.hpp"

namespace slipway::prometheus {

struct Growth {
  Series series;              // with one point: the growth
  std::int64_t restarts = 0;  // times that it began anew in the window
  // The time that it is of, as a part of the window, 0 to 1: the mean over the series. What a counter had not yet told
  // when it began anew, and since its last scrape, is not in it.
  double covered = 0;
};

// Of each series with a sample in the window, summed over those that have the same value of the label `by` (none: over
// all). The buckets of a histogram begin anew together. NOT_FOUND without a sample in the window, or with a counter
// that is no number or below zero.
Result<std::vector<Growth>> growth_of(const Found& samples, const metrics::Window& window, const std::string& by);

// "requests of next: counters began anew 2 times in this window; what they counted between the last scrape and that is
// not known". Nothing when none did.
std::optional<std::string> told_restarts(const std::vector<Growth>& grown, const std::string& name,
                                         const std::string& role);

}  // namespace slipway::prometheus
