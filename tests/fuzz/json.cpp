// parse_json: whatever it accepts, the library reads as the same value, and it reads again from its own text. What is
// read directly and what by the library is the same.
#include "tests/fuzz/harness.hpp"
#include "tests/support/documents.hpp"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const auto text = slipway::fuzz::text_of(data, size);
  const auto parsed = slipway::parse_json(text, {.bytes = 4096, .depth = 8});
  const auto by_library = slipway::test::parse_by_library(text);
  slipway::fuzz::require(!parsed.ok() || (by_library.ok() && *by_library == *parsed), "no value without the library");
  if (!parsed.ok()) return 0;
  slipway::fuzz::require(slipway::Json::parse(text, nullptr, false) == *parsed, "the library reads the same value");
  const auto again = slipway::parse_json(slipway::to_text(*parsed));
  slipway::fuzz::require(again.ok() && *again == *parsed, "the text of a value gives the value");
  return 0;
}
