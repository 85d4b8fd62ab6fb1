// parse_json: whatever it accepts, it reads again from its own text as the same value.
#include <slipway/json.hpp>

#include "tests/fuzz/harness.hpp"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const auto parsed = slipway::parse_json(slipway::fuzz::text_of(data, size), {.bytes = 4096, .depth = 8});
  if (!parsed.ok()) return 0;
  const auto again = slipway::parse_json(slipway::to_text(*parsed));
  slipway::fuzz::require(again.ok() && *again == *parsed, "the text of a value gives the value");
  return 0;
}
