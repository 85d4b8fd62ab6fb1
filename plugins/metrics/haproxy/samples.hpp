// From records and counters to the samples of one group. Pure.
#pragma once

#include <slipway/interfaces/metrics.hpp>

#include "plugins/metrics/haproxy/counters.hpp"
#include "plugins/metrics/haproxy/history.hpp"
#include "plugins/metrics/haproxy/streams.hpp"

namespace slipway::haproxy {

// All that is known; outlives the call.
struct Sources {
  const Streams& streams;
  const History& history;
  const Counters& counters;
};

// Requests are counted by records where these cover the whole window, else by the live counters where those do better.
metrics::GroupSamples samples_of(const Sources& sources, const std::string& application, const metrics::GroupRef& group,
                                 const metrics::Window& window);
// Part of the window that the records cover.
double records_cover(const Sources& sources, const metrics::Window& window);

std::vector<metrics::Metric> described();

}  // namespace slipway::haproxy
