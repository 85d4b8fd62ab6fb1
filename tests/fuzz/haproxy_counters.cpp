// Answers of a stats socket of any bytes.
#include "plugins/metrics/haproxy/counters.hpp"
#include "tests/fuzz/harness.hpp"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace slipway;
  haproxy::Counters counters;
  for (const std::int64_t second : {1, 2, 3}) {
    const auto sample = haproxy::parse_sample(fuzz::text_of(data, size), Instant{second * 1'000'000'000});
    if (!sample) return 0;
    fuzz::require(sample->pid != 0, "a sample names its process");
    counters.take(*sample);
  }
  const auto delta = counters.between("acme.shop", "1.0", Instant{1'000'000'000}, Instant{3'000'000'000});
  fuzz::require(!delta || delta->counts == haproxy::Counts{}, "equal samples differ by nothing");
  return 0;
}
