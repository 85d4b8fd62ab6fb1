// Profiles: accepted or refused, and in an accepted one each binding leads to an enabled instance.
#include "host/manifest/profile.hpp"

#include "tests/fuzz/harness.hpp"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace slipway;
  const auto source =
      config::parse_source("fuzz", fuzz::text_of(data, size), config::Syntax::yaml, {.bytes = 65536, .depth = 16});
  const auto loaded = manifest::read_profile(source, {{{"state_directory", "/s"}}, {}});
  fuzz::require(loaded.profile.has_value() == loaded.faults.empty(),
                "a profile is there exactly when nothing is wrong");
  if (!loaded.profile) return 0;
  for (const auto& [name, binding] : loaded.profile->bindings) {
    const auto found = loaded.profile->plugins.find(binding.instance);
    fuzz::require(found != loaded.profile->plugins.end() && found->second.enabled,
                  "a binding leads to an enabled instance");
  }
  return 0;
}
