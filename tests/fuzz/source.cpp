// YAML and JSON sources: a bounded number of faults, and a value that is an object and valid JSON whatever comes in.
#include "host/config/source.hpp"

#include "tests/fuzz/harness.hpp"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace slipway;
  for (const auto syntax : {config::Syntax::yaml, config::Syntax::json}) {
    const auto source = config::parse_source("fuzz", fuzz::text_of(data, size), syntax, {.bytes = 65536, .depth = 16});
    fuzz::require(source.value.is_object(), "a source is an object");
    fuzz::require(parse_json(to_text(source.value)).ok(), "a source is JSON");
    fuzz::require(source.faults.size() <= 102, "faults are bounded");
    static_cast<void>(config::to_string(source.faults));
  }
  return 0;
}
