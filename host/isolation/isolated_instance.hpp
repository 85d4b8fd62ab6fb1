// A plugin instance in a worker process of its own, for whoever creates instances.
#pragma once

#include <functional>
#include <memory>
#include <slipway/status.hpp>
#include <string>
#include <vector>

#include "host/base/random.hpp"
#include "host/isolation/proxy_table.hpp"
#include "host/isolation/worker_link.hpp"
#include "host/isolation/worker_process.hpp"
#include "host/loader/package.hpp"
#include "host/manifest/permissions.hpp"
#include "host/runtime/instance.hpp"

namespace slipway::isolation {

struct IsolationSettings {
  WorkerProgram program{worker_beside_this_program(), {}};
  std::uint64_t memory_bytes = std::uint64_t{512} << 20;
  std::uint32_t open_files = 256;
  std::uint64_t call_bytes = std::uint64_t{8} << 20;  // of a call's document
  Duration patience = seconds(10);
  Duration heartbeat = seconds(1);
  Duration hang = seconds(10);
  Duration checkpoint = seconds(10);  // of plugins whose state is a snapshot
  RestartSettings restart;
  // That nobody asked for; see ConnectionSettings.
  std::uint32_t messages_per_second = ConnectionSettings{}.messages_per_second;
  // Protections without which no plugin is run, by name; see docs/guides/plugins/isolation.md.
  std::vector<std::string> required;
  std::shared_ptr<base::Random> random = std::make_shared<base::SystemRandom>();
  // What stands between the host and its workers, for those who test how both take it. May be empty.
  std::function<std::unique_ptr<Launcher>(std::unique_ptr<Launcher>)> around{};
};

struct Isolated {
  std::shared_ptr<runtime::Instance> instance;
  // How its worker is, and what holds the plugin in.
  std::shared_ptr<const WorkerLink> worker;
};

// Starts a worker for the library that was verified, has it load it, and creates the instance there: everything that
// runtime::Instance::create promises holds. `granted` decides what the worker may do beside its calls. The settings'
// threading is the plugin's own; the calls of the instance that comes back begin on the caller's thread, whatever it
// is.
//
// Blocks until the instance is created. Call it on a thread that lives as long as the instance (see WorkerLauncher) and
// that is not the runtime's executor. The runtime outlives the instance.
Result<Isolated> make_isolated(runtime::Runtime& runtime, const loader::VerifiedPackage& package,
                               const manifest::Permissions& granted, runtime::InstanceSettings settings,
                               std::shared_ptr<runtime::HostSink> sink, const IsolationSettings& isolation = {});

// The link alone, for those who have a host's table of their own.
Result<std::shared_ptr<ProxyTable>> make_proxy(runtime::Runtime& runtime, const loader::VerifiedPackage& package,
                                               const manifest::Permissions& granted,
                                               const runtime::InstanceSettings& settings,
                                               const IsolationSettings& isolation = {},
                                               Warn warn = LinkSettings{}.warn);

// What the library does and says when it is first run, seen in a worker that ends at once: its constructors, its entry
// function, its table and the interfaces of plugin.json. Blocks; the thread may be any but the runtime's executor.
Status check_in_worker(runtime::Runtime& runtime, const loader::VerifiedPackage& package,
                       const IsolationSettings& isolation = {});

}  // namespace slipway::isolation
