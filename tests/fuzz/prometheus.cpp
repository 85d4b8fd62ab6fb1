// Answers of Prometheus of any bytes, and group names of any bytes inside PromQL.
#include <cmath>

#include "plugins/metrics/prometheus/native.hpp"
#include "tests/fuzz/harness.hpp"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace slipway;
  using namespace slipway::prometheus;
  const std::string text(fuzz::text_of(data, size));
  if (auto found = parse_answer({.status = 200, .body = text}); found.ok()) {
    const auto value = number_of(*found, Reduce::avg);
    fuzz::require(!value.ok() || std::isfinite(*value), "a number is one");
    const auto buckets = histogram_of(*found, Reduce::avg);
    for (const auto& bucket : buckets.ok() ? *buckets : std::vector<metrics::Bucket>())
      fuzz::require(bucket.count >= 0, "a bucket holds no less than nothing");
    make_classic({&*found});
    for (const Series& counter : found->series)
      fuzz::require(counter.points.size() <= counter.times.size(), "a counter has a time for each point");
  }
  // What was put in must not end its quotes: behind it the text is still inside them.
  const auto made = substituted("a=\"${role}${tenant}\"", {"end", "", "", text, seconds(1)});
  fuzz::require(made.ok(), "every name can be put in");
  std::size_t quotes = 0;
  for (std::size_t i = 0; i < made->size(); ++i) {
    if ((*made)[i] == '\\')
      ++i;
    else if ((*made)[i] == '"')
      ++quotes;
  }
  fuzz::require(quotes == 2, "a name does not end its quotes");
  return 0;
}
