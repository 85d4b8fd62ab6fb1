#include "tests/contract/in_process.hpp"

#include <filesystem>

namespace slipway::test {

std::string library_of(const std::string& id) {
  for (const auto& version : std::filesystem::directory_iterator(std::filesystem::path(SLIPWAY_PLUGIN_ROOT) / id)) {
    const auto library = version.path() / (id + ".so");
    if (std::filesystem::exists(library)) return library.string();
  }
  throw Error(Code::not_found, "plugin " + id + " is not built in " SLIPWAY_PLUGIN_ROOT);
}

InProcess::InProcess(const std::string& id, const Json& config, const std::function<void(FakeHost&)>& prepare)
    : library_(library_of(id)), host_(library_.table()) {
  if (prepare) prepare(host_);
  if (const Status started = host_.run(config); !started.ok()) throw Error(started);
}

Result<std::string> InProcess::call(std::string_view interface, std::uint32_t method, std::string payload,
                                    const CallOptions& options) {
  return host_.call_bytes(host_.index_of(interface), method, std::move(payload), options);
}

}  // namespace slipway::test
