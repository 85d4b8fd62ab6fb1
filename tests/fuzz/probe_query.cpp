// Queries of probes: what is read holds the bounds that are written at the fields.
#include "plugins/metrics/probe/query.hpp"
#include "tests/fuzz/harness.hpp"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace slipway;
  const auto range = probe::parse_status_range(fuzz::text_of(data, size));
  if (range.ok()) {
    fuzz::require(range->low >= 100 && range->low <= range->high && range->high <= 599, "a range of statuses");
    const auto again = probe::parse_status_range(probe::to_string(*range));
    fuzz::require(again.ok() && *again == *range, "the text of a range gives the range");
  }
  const auto json = parse_json(fuzz::text_of(data, size));
  if (!json.ok()) return 0;
  const auto query = probe::read_query(*json);
  if (!query.ok()) return 0;
  fuzz::require(!query->checks.empty() && query->checks.size() <= 32, "1 to 32 checks");
  for (const auto& check : query->checks) fuzz::require(check.timeout.ns > 0, "an attempt has a time");
  return 0;
}
