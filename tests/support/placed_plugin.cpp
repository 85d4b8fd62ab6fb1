#include "tests/support/placed_plugin.hpp"

#include <fcntl.h>

#include <filesystem>
#include <slipway/testing/library.hpp>

#include "host/base/files.hpp"
#include "host/base/sha256.hpp"
#include "host/isolation/isolated_instance.hpp"

namespace slipway::test {
namespace {

class InThisProcess final : public PlacedPlugin {
 public:
  explicit InThisProcess(const std::string& library) : library_(library) {}
  [[nodiscard]] const slipway_plugin& table() const override { return library_.table(); }

 private:
  Library library_;
};

loader::VerifiedPackage package_at(const std::filesystem::path& library) {
  const auto text = base::read_file(library.parent_path() / "plugin.json");
  if (!text.ok()) throw Error(text.status());
  auto manifest = manifest::parse_plugin_manifest(*text, "plugin.json");
  if (!manifest.ok()) throw Error(manifest.status());
  loader::VerifiedPackage package;
  package.package.manifest = std::move(*manifest);
  package.library.path = library;
  package.library.sha256 = base::sha256_hex_of_file(library).value();
  package.library.file = loader::Descriptor(::open(library.c_str(), O_RDONLY | O_CLOEXEC));
  return package;
}

runtime::Threading threading_of(const manifest::PluginManifest& plugin) {
  switch (plugin.threading) {
    case manifest::Threading::concurrent:
      return runtime::Threading::concurrent;
    case manifest::Threading::blocking:
      return runtime::Threading::blocking;
    case manifest::Threading::serial:
      break;
  }
  return runtime::Threading::serial;
}

class InWorker final : public PlacedPlugin {
 public:
  explicit InWorker(const std::string& library) {
    runtime_.start();
    const loader::VerifiedPackage package = package_at(library);
    isolation::IsolationSettings isolation;
    isolation.program.path = SLIPWAY_WORKER;
    const manifest::PluginManifest& plugin = package.package.manifest;
    auto proxy =
        isolation::make_proxy(runtime_, package, plugin.permissions,
                              {.name = plugin.id, .plugin = plugin.id, .threading = threading_of(plugin)}, isolation);
    if (!proxy.ok()) throw Error(proxy.status());
    proxy_ = std::move(*proxy);
    table_ = proxy_->table();
    table_.create = &create;
    last() = proxy_.get();
  }
  ~InWorker() override {
    proxy_->link()->destroy();
    runtime_.stop();
  }
  [[nodiscard]] const slipway_plugin& table() const override { return table_; }

 private:
  // A create gets no context.
  static isolation::ProxyTable*& last() {
    static thread_local isolation::ProxyTable* proxy = nullptr;
    return proxy;
  }
  static slipway_status create(const slipway_host* host, slipway_span config, slipway_instance** instance,
                               slipway_blob* error) {
    return last()->make(host, config, instance, error);
  }

  runtime::Runtime runtime_{{.threads = 1}};
  std::shared_ptr<isolation::ProxyTable> proxy_;
  slipway_plugin table_{};
};

}  // namespace

std::unique_ptr<PlacedPlugin> place(Placement placement, const std::string& library) {
  if (placement == Placement::isolated) return std::make_unique<InWorker>(library);
  return std::make_unique<InThisProcess>(library);
}

}  // namespace slipway::test
