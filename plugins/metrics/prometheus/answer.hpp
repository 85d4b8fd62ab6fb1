// What Prometheus answers: the JSON of its HTTP API, version 1. Pure.
#pragma once

#include <slipway/services.hpp>

#include "plugins/metrics/prometheus/query.hpp"

namespace slipway::prometheus {

// Of a native histogram; its count is its own, not cumulative.
struct NativeBucket {
  double lower = 0;
  double upper = 0;
  double count = 0;
};
struct NativeHistogram {
  double count = 0;                   // also of what is no number and so in no bucket
  std::vector<NativeBucket> buckets;  // from the lowest to the highest; those without a count are left out
};

// The points of one series, oldest first, with its labels: numbers, or native histograms.
struct Series {
  std::map<std::string, std::string> labels;
  std::vector<double> points;
  std::vector<std::int64_t> times;  // of the points, in milliseconds
  std::vector<NativeHistogram> native;
};

// The upper bound of the bucket that the series counts: its label "le". NaN for none.
double bound_of(const Series& series);

struct Found {
  std::vector<Series> series;
  std::vector<std::string> warnings;
};

// Failures by status: a query that Prometheus refuses is INVALID_ARGUMENT, a refused login UNAUTHENTICATED or
// PERMISSION_DENIED, an evaluation that took too long DEADLINE_EXCEEDED, everything else UNAVAILABLE.
Result<Found> parse_answer(const services::HttpReply& reply);

// The one number of the answer; otherwise NOT_FOUND and why there is none: no series, several, or no number.
Result<double> number_of(const Found& answer, Reduce reduce);

// The histogram whose cumulative buckets the series are, or that the one series is.
Result<std::vector<metrics::Bucket>> histogram_of(const Found& answer, Reduce reduce);

}  // namespace slipway::prometheus
