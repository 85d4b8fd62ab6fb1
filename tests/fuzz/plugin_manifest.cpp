// plugin.json: accepted or refused, and what is accepted keeps its promises.
#include "host/manifest/plugin_manifest.hpp"

#include "tests/fuzz/harness.hpp"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace slipway;
  const auto plugin = manifest::parse_plugin_manifest(fuzz::text_of(data, size), "fuzz");
  if (!plugin.ok()) {
    fuzz::require(!plugin.status().message.empty(), "a refusal says why");
    return 0;
  }
  fuzz::require(plugin->library.find('/') == std::string::npos, "the library lies in the package");
  fuzz::require(plugin->abi.min <= plugin->abi.max, "the ABI range is not empty");
  static_cast<void>(manifest::check_plugin_config(*plugin, Json::object()));
  return 0;
}
