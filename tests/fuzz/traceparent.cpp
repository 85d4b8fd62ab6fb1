// traceparent: what is accepted is spelled as version 00 and read again as the same.
#include "host/telemetry/trace.hpp"
#include "tests/fuzz/harness.hpp"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace slipway;
  const auto trace = telemetry::parse_traceparent(fuzz::text_of(data, size));
  if (!trace.ok()) return 0;
  const auto again = telemetry::parse_traceparent(telemetry::to_traceparent(*trace));
  fuzz::require(again.ok() && *again == *trace, "the header of a trace gives the trace");
  return 0;
}
