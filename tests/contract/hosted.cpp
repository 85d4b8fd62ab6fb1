#include "tests/contract/hosted.hpp"

#include <cstdlib>
#include <filesystem>

namespace slipway::test {
namespace {

Placement placement_of_the_run() {
  const char* wanted = std::getenv("SLIPWAY_CONTRACT_PLACEMENT");
  return wanted != nullptr && std::string(wanted) == "isolated" ? Placement::isolated : Placement::in_process;
}

}  // namespace

std::string library_of(const std::string& id) {
  for (const auto& version : std::filesystem::directory_iterator(std::filesystem::path(SLIPWAY_PLUGIN_ROOT) / id)) {
    const auto library = version.path() / (id + ".so");
    if (std::filesystem::exists(library)) return library.string();
  }
  throw Error(Code::not_found, "plugin " + id + " is not built in " SLIPWAY_PLUGIN_ROOT);
}

Hosted::Hosted(const std::string& id, const Json& config, const std::function<void(FakeHost&)>& prepare)
    : Hosted(placement_of_the_run(), id, config, prepare) {}

Hosted::Hosted(Placement placement, const std::string& id, const Json& config,
               const std::function<void(FakeHost&)>& prepare)
    : plugin_(place(placement, library_of(id))), host_(plugin_->table()) {
  if (prepare) prepare(host_);
  if (const Status started = host_.run(config); !started.ok()) throw Error(started);
}

Result<std::string> Hosted::call(std::string_view interface, std::uint32_t method, std::string payload,
                                 const CallOptions& options) {
  return host_.call_bytes(host_.index_of(interface), method, std::move(payload), options);
}

}  // namespace slipway::test
