// Templates: a text without a dollar is left alone, and an expansion is bounded.
#include "host/config/templates.hpp"

#include "tests/fuzz/harness.hpp"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace slipway;
  static const config::TemplateNames kNames{{{"environment", "dev"}}, {{"BIG", std::string(9000, 'x')}}};
  const auto text = fuzz::text_of(data, size);
  const auto expanded = config::expand(text, kNames);
  if (!expanded.ok()) return 0;
  fuzz::require(expanded->size() <= 65536, "an expansion is bounded");
  fuzz::require(text.find('$') != text.npos || *expanded == text, "a text without a dollar is left alone");
  return 0;
}
