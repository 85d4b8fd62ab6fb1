#include "tools/kit/worker.hpp"

#include <fcntl.h>
#include <unistd.h>

#include <filesystem>

#include "host/isolation/isolated_instance.hpp"
#include "host/runtime/runtime.hpp"

namespace slipway::kit {
namespace {

// Never freed: a thread of it may be inside a plugin for ever.
runtime::Runtime& threads_of_the_host() {
  static auto& runtime = *new runtime::Runtime({.threads = 2});
  static const bool started = (runtime.start(), true);
  static_cast<void>(started);
  return runtime;
}

loader::VerifiedPackage verified(const Package& package) {
  loader::Descriptor file(::open(package.library.c_str(), O_RDONLY | O_CLOEXEC));
  return {.package = {.root = package.folder.parent_path().parent_path(),
                      .manifest = package.must_have_manifest(),
                      .manifest_digest = ""},
          .library = {.path = package.library,
                      .sha256 = package.digest,
                      .size = std::filesystem::file_size(package.library),
                      .file = std::move(file)},
          .image = package.must_have_image()};
}

runtime::InstanceSettings settings_of(const Context& context) {
  runtime::InstanceSettings settings;
  settings.name = "kit";
  settings.plugin = context.package.must_have_manifest().id;
  settings.threading = static_cast<runtime::Threading>(context.package.must_have_manifest().threading);
  return settings;
}

}  // namespace

Result<Worker> Worker::behind(Context& context, Around around) {
  const auto& manifest = context.package.must_have_manifest();
  if (const std::string why = manifest::why_not_isolated(manifest); !why.empty()) skip(why);
  isolation::IsolationSettings isolation;
  if (::access(isolation.program.path.c_str(), X_OK) != 0)
    skip("there is no slipway-worker beside slipway-kit: the isolated placement can't be tried");
  // The kit kills workers on purpose.
  isolation.restart.first = milliseconds(1);
  isolation.restart.longest = milliseconds(50);
  isolation.restart.crashes = 1'000;
  isolation.around = std::move(around);
  context.board.at("loading in a worker");
  auto proxy = isolation::make_proxy(threads_of_the_host(), verified(context.package), manifest.permissions,
                                     settings_of(context), isolation);
  if (proxy.ok()) return Worker(std::move(*proxy));
  if (proxy.status().code == Code::unavailable) return proxy.status();
  fail("can't be loaded in a worker: " + proxy.status().message);
}

Worker::Worker(Context& context) {
  auto made = behind(context, nullptr);
  if (!made.ok()) fail("can't be loaded in a worker: " + made.status().message);
  proxy_ = std::move(made->proxy_);
}

Subject::Make Worker::make() const {
  return [proxy = proxy_](const slipway_host* host, slipway_span config, slipway_instance** instance,
                          slipway_blob* error) { return proxy->make(host, config, instance, error); };
}

}  // namespace slipway::kit
