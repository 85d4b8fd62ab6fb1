// A schema and a value, as the two entries of a JSON list: never a crash, and no problem without a path and a message.
#include "host/config/schema.hpp"

#include "tests/fuzz/harness.hpp"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace slipway;
  const auto pair = parse_json(fuzz::text_of(data, size), {.bytes = 16384, .depth = 16});
  if (!pair.ok() || !pair->is_array() || pair->size() != 2) return 0;
  const auto schema = config::Schema::parse((*pair)[0]);
  if (!schema.ok()) return 0;
  for (const auto& problem : schema->check((*pair)[1])) {
    fuzz::require(problem.path.starts_with('/') && !problem.message.empty(), "a problem has a path and a message");
  }
  return 0;
}
