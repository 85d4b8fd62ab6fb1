#include "tests/simulation/real_plugin.hpp"

#include <dlfcn.h>

#include <slipway/testing/fake_host.hpp>

namespace slipway::sim {
namespace {

using Entry = const slipway_plugin* (*)(std::uint32_t, std::uint32_t, slipway_blob*);

const slipway_plugin& table_in(void* library) {
  const auto entry = library == nullptr ? nullptr : reinterpret_cast<Entry>(::dlsym(library, "slipway_plugin_entry"));
  slipway_blob error{};
  const slipway_plugin* table = entry == nullptr ? nullptr : entry(SLIPWAY_ABI_MAJOR, SLIPWAY_ABI_MINOR, &error);
  if (table == nullptr) throw std::runtime_error(::dlerror());
  return *table;
}

}  // namespace

struct RealPlugin::Inner {
  explicit Inner(const std::string& path)
      : library(::dlopen(path.c_str(), RTLD_NOW | RTLD_LOCAL)), host(table_in(library)) {
    const Status status = host.run();
    if (!status.ok()) throw Error(status);
  }
  void* library;  // stays loaded: its code may be on the stack of what is still to be destroyed
  test::FakeHost host;
};

RealPlugin::RealPlugin(const std::string& library) : inner_(std::make_unique<Inner>(library)) {}
RealPlugin::~RealPlugin() = default;

Result<std::string> RealPlugin::call(std::string_view interface, std::uint32_t method, const std::string& payload) {
  return inner_->host.call_bytes(inner_->host.index_of(interface), method, payload);
}

}  // namespace slipway::sim
