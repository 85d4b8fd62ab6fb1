// Answers of HAProxy's command line, and the entry of a route that it hands back, of any bytes.
#include "plugins/providers/local/edge/route.hpp"
#include "plugins/providers/local/edge/runtime_reply.hpp"
#include "tests/fuzz/harness.hpp"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace slipway;
  const std::string_view text = fuzz::text_of(data, size);
  (void)local::classify(text);
  for (const auto& row : local::parse_stat(text))
    fuzz::require(row.backend.size() + row.server.size() <= size, "names of a row are parts of the text");
  (void)local::parse_processes(text);
  const auto value = local::parse_map_value(text);
  const auto route = local::parse_entry(value ? *value : text);
  if (!route) return 0;
  fuzz::require(route->next_ppm <= 1'000'000 && route->mirror_ppm <= 1'000'000, "shares are parts of a million");
  const auto again = local::parse_entry(local::to_entry(*route));
  fuzz::require(again && *again == *route, "the entry of a route gives the route");
  return 0;
}
