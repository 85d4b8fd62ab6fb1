#include "host/isolation/isolated_instance.hpp"

#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <filesystem>
#include <utility>

#include "host/isolation/proxy_table.hpp"
#include "host/isolation/system_calls.hpp"
#include "host/loader/table_checks.hpp"
#include "host/manifest/plugin_manifest.hpp"

namespace slipway::isolation {
namespace {

// What a message's head may add to its payload.
constexpr std::uint64_t kHeadBytes = std::uint64_t{64} << 10;

WorkerThreading threading_of(runtime::Threading threading) {
  switch (threading) {
    case runtime::Threading::concurrent:
      return WorkerThreading::concurrent;
    case runtime::Threading::blocking:
      return WorkerThreading::blocking;
    case runtime::Threading::serial:
      break;
  }
  return WorkerThreading::serial;
}

bool everything(const manifest::Grant& granted) {
  return std::ranges::find(granted.allowed, "*") != granted.allowed.end();
}

Grant grant_if(bool granted) { return granted ? Grant::yes : Grant::no; }

Files files_of(const manifest::Grant& granted) {
  if (granted.allowed.empty()) return Files::none;
  return everything(granted) ? Files::all : Files::some;
}

// No kernel that is in use holds a connection to a path. So whoever may connect at all was granted a socket by its
// name.
bool names_a_socket(const manifest::Grant& granted) {
  return std::ranges::any_of(granted.allowed, [](const std::string& path) {
    std::error_code error;
    return std::filesystem::is_socket(path, error);
  });
}

Setup setup_of(const runtime::InstanceSettings& settings, const manifest::Permissions& granted,
               const IsolationSettings& isolation) {
  Setup setup;
  setup.threading = threading_of(settings.threading);
  setup.blocking_threads = settings.limits.blocking_threads;
  setup.open_calls = settings.limits.open_calls;
  setup.call_bytes = std::max(isolation.call_bytes, settings.limits.answer_bytes) + kHeadBytes;
  setup.reply_bytes = settings.limits.reply_bytes;
  setup.request_bytes = settings.limits.request_bytes;
  setup.memory_bytes = isolation.memory_bytes;
  setup.open_files = isolation.open_files;
  // Destinations that are granted by name are reached through the host, which looks at each.
  setup.own_network = everything(granted.network) ? 0 : 1;
  setup.paths = granted.files.allowed;
  return setup;
}

// A user of the worker's own, where root may give one: no account, since ids begin to be given at the other end. The
// files that a plugin is granted are the host's user's.
std::uint32_t own_user(const Setup& setup, pid_t worker) {
  constexpr std::uint32_t kFirst = 0x7000'0000;
  return ::geteuid() == 0 && setup.paths.empty() ? kFirst + static_cast<std::uint32_t>(worker) : 0;
}

// The user and the filters are made for one worker alone.
Result<Setup> for_worker(Setup setup, const manifest::Permissions& granted, pid_t worker) {
  setup.own_user = own_user(setup, worker);
  SystemCalls allowed{.worker = worker,
                      .network = grant_if(everything(granted.network)),
                      .unix_sockets = grant_if(everything(granted.files) || names_a_socket(granted.files)),
                      .files = files_of(granted.files),
                      .loading = Grant::yes};
  auto loading = filter_of(allowed);
  allowed.loading = Grant::no;
  auto running = filter_of(allowed);
  if (!loading.ok()) return loading.status();
  if (!running.ok()) return running.status();
  setup.filter_while_loading = std::move(*loading);
  setup.filter = std::move(*running);
  return setup;
}

LinkSettings link_settings(const runtime::InstanceSettings& settings, const manifest::Permissions& granted,
                           const IsolationSettings& isolation, manifest::StateKind state) {
  LinkSettings link;
  link.setup = [setup = setup_of(settings, granted, isolation), granted](pid_t worker) {
    return for_worker(setup, granted, worker);
  };
  link.patience = isolation.patience;
  link.heartbeat = isolation.heartbeat;
  link.hang = isolation.hang;
  if (state == manifest::StateKind::snapshot) link.checkpoint = isolation.checkpoint;
  link.open_calls = settings.limits.open_calls;
  link.call_bytes = isolation.call_bytes;
  link.request_bytes = settings.limits.request_bytes;
  link.restart = isolation.restart;
  auto& incoming = link.connection.incoming;
  incoming.message_bytes = std::max(settings.limits.reply_bytes, settings.limits.request_bytes) + kHeadBytes;
  incoming.total_bytes = std::max(incoming.total_bytes, 2 * incoming.message_bytes);
  link.connection.messages_per_second = isolation.messages_per_second;
  link.connection.flood = isolation.hang;
  link.connection.outbox_bytes = std::max(link.connection.outbox_bytes, 2 * isolation.call_bytes);
  return link;
}

Status check_required(const WorkerStatus& worker, const IsolationSettings& isolation) {
  for (const std::string& name : isolation.required) {
    const auto found =
        std::ranges::find_if(worker.protections, [&](const Protection& one) { return one.name == name; });
    if (found == worker.protections.end()) {
      return {Code::failed_precondition, "the policy requires the protection \"" + name + "\", which no worker has"};
    }
    if (!found->lacking.empty()) {
      return {Code::failed_precondition, "the policy requires the protection \"" + name +
                                             "\", which is not in force: " + found->lacking +
                                             "; make it available or take it out of the policy"};
    }
  }
  return {};
}

Result<loader::StoredFile> library_of(const loader::VerifiedPackage& package) {
  const loader::StoredFile& stored = package.library;
  loader::Descriptor copy(::fcntl(stored.file.get(), F_DUPFD_CLOEXEC, 0));
  if (!copy.is_open())
    return Status(Code::unavailable, std::string("no descriptor for a worker: ") + std::strerror(errno));
  return loader::StoredFile{stored.path, stored.sha256, stored.size, std::move(copy)};
}

// A worker that has loaded the library and has said of itself what plugin.json says.
Result<std::shared_ptr<ProxyTable>> open_proxy(runtime::Runtime& runtime, const loader::VerifiedPackage& package,
                                               const manifest::Permissions& granted,
                                               const runtime::InstanceSettings& settings,
                                               const IsolationSettings& isolation, Warn warn) {
  const manifest::PluginManifest& plugin = package.package.manifest;
  auto library = library_of(package);
  if (!library.ok()) return library.status();
  std::unique_ptr<Launcher> launcher = std::make_unique<WorkerLauncher>(isolation.program, std::move(*library));
  if (isolation.around) launcher = isolation.around(std::move(launcher));
  LinkSettings own = link_settings(settings, granted, isolation, plugin.state.kind);
  own.warn = std::move(warn);
  const auto link = std::make_shared<WorkerLink>(std::move(own), runtime, std::move(launcher), isolation.random);
  auto interfaces = link->open();
  Status status = interfaces.ok() ? check_required(link->status(), isolation) : interfaces.status();
  if (status.ok()) status = loader::match_interfaces(*interfaces, plugin.interfaces);
  if (status.ok()) return std::make_shared<ProxyTable>(link, std::move(*interfaces));
  link->destroy();
  return status;
}

}  // namespace

Result<std::shared_ptr<ProxyTable>> make_proxy(runtime::Runtime& runtime, const loader::VerifiedPackage& package,
                                               const manifest::Permissions& granted,
                                               const runtime::InstanceSettings& settings,
                                               const IsolationSettings& isolation, Warn warn) {
  const manifest::PluginManifest& plugin = package.package.manifest;
  if (std::string why = manifest::why_not_isolated(plugin); !why.empty())
    return Status(Code::failed_precondition, std::move(why));
  return open_proxy(runtime, package, granted, settings, isolation, std::move(warn));
}

Status check_in_worker(runtime::Runtime& runtime, const loader::VerifiedPackage& package,
                       const IsolationSettings& isolation) {
  auto proxy = open_proxy(runtime, package, {}, {}, isolation, LinkSettings{}.warn);
  if (!proxy.ok()) return proxy.status();
  (*proxy)->link()->destroy();
  return {};
}

Result<Isolated> make_isolated(runtime::Runtime& runtime, const loader::VerifiedPackage& package,
                               const manifest::Permissions& granted, runtime::InstanceSettings settings,
                               std::shared_ptr<runtime::HostSink> sink, const IsolationSettings& isolation) {
  const std::string name = settings.name;
  // The sink ends with its instance, though the link may be held for longer.
  auto warn = [to = std::weak_ptr(sink)](std::string_view text) {
    if (const auto held = to.lock()) held->host_log(SLIPWAY_LOG_WARN, text);
  };
  auto proxy = make_proxy(runtime, package, granted, settings, isolation, std::move(warn));
  if (!proxy.ok()) return Status(proxy.status().code, name + ": " + proxy.status().message, proxy.status().problems);
  // The worker keeps the order that the plugin asks for; to the host it is as a concurrent one.
  settings.threading = runtime::Threading::concurrent;
  settings.make = [table = proxy->get()](const slipway_host* host, slipway_span config, slipway_instance** instance,
                                         slipway_blob* error) { return table->make(host, config, instance, error); };
  auto instance = runtime::Instance::create(runtime, (*proxy)->table(), *proxy, std::move(settings), std::move(sink));
  if (!instance.ok()) return instance.status();
  return Isolated{std::move(*instance), (*proxy)->link()};
}

}  // namespace slipway::isolation
