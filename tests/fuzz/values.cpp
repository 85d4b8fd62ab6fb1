// Durations, instants and counts: what is accepted has a text that gives the same value.
#include <slipway/values.hpp>

#include "tests/fuzz/harness.hpp"

namespace {

template <class T>
void check(slipway::Result<T> (*parse)(std::string_view), std::string_view text) {
  const auto value = parse(text);
  if (!value.ok()) return;
  const auto again = parse(to_string(*value));
  slipway::fuzz::require(again.ok() && *again == *value, "the text of a value gives the value");
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const auto text = slipway::fuzz::text_of(data, size);
  check<slipway::Duration>(slipway::parse_duration, text);
  check<slipway::Instant>(slipway::parse_instant, text);
  check<slipway::Count>(slipway::parse_count, text);
  return 0;
}
