// What counters have grown by in a window, from their scraped samples. Pure.
//
// A window counts from the last sample at or before its begin to the last one at or before its end, so that windows
// that follow each other share no request and leave none out. A series that has no sample before the window is new. It
// counts from zero when the scrape before it told of its target, but not of it: it began after that. Else nobody knows
// how old it is (a new replica, but also an old one after an outage), and it counts from its first sample. A counter
// below its last sample has begun anew: it has grown by what it shows (as Prometheus' own increase() takes it, which
// then stretches the result to the window's ends).
#pragma once

#include "plugins/metrics/prometheus/scrapes.hpp"

namespace slipway::prometheus {

struct Growth {
  Found sums;                 // one series for each value of the label, with one point: the growth
  std::int64_t restarts = 0;  // times that counters began anew in the window
  std::int64_t unknown = 0;   // series that count from their first sample
  // The time that it is of, as a part of the window, 0 to 1: the mean over the series. Not in it is what a counter had
  // not yet told when it began anew, what came before a first sample, and what missing scrapes did not tell; what the
  // next scrape will tell when it is due is not missing.
  double covered = 0;
};

// Of each series with a sample in the window, summed over those that have the same value of the label `by` (none: over
// all). The buckets of a histogram begin anew together. Series of the `missing` targets cover nothing. NOT_FOUND
// without anything to count from and to, or with a counter that is no number or below zero.
Result<Growth> growth_of(const Found& samples, const metrics::Window& window, const std::string& by,
                         const Scrapes& scrapes, const std::set<Target>& missing);

// "requests of next: counters began anew 2 times in this window; what they counted between the last scrape and that is
// not known". One sentence for each thing that is not known.
std::vector<std::string> doubts_of(const Growth& growth, const std::string& name, const std::string& role);

}  // namespace slipway::prometheus
