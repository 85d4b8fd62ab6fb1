// Plans turned into running instances, and back.
#pragma once

#include <boost/asio/awaitable.hpp>
#include <functional>
#include <memory>
#include <mutex>
#include <slipway/status.hpp>
#include <slipway/values.hpp>
#include <string>
#include <vector>

#include "host/bridge/routes.hpp"
#include "host/lifecycle/generation.hpp"
#include "host/lifecycle/plan.hpp"
#include "host/lifecycle/plugin_status.hpp"
#include "host/loader/loader.hpp"
#include "host/runtime/host_sink.hpp"
#include "host/runtime/instance.hpp"
#include "host/runtime/runtime.hpp"

namespace slipway::lifecycle {

struct LifecycleSettings {
  Duration start = seconds(10);  // for each plugin's start function
  Duration health = seconds(2);  // for each first health call
  runtime::StopSettings stop;
  runtime::InstanceLimits limits;
};

// What lifecycle takes from the folders around it.
struct Surroundings {
  runtime::Runtime& runtime;
  loader::Loader& loader;
  // Where an instance's log, metrics and requests go. Called before each create, on a thread that may block.
  std::function<std::shared_ptr<runtime::HostSink>(const PlannedInstance&)> make_sink;
  // Where the bindings of what runs are published, each change as one new table.
  bridge::Routes& routes;
};

// One start and one stop, one after the other; status from any thread. The surroundings outlive it.
class Lifecycle {
 public:
  Lifecycle(LifecycleSettings settings, Surroundings surroundings);

  // Loads, creates, starts and asks each instance for its health, in the plan's order; its bindings are published at
  // once, so that later instances can call it. An instance that fails does not stop those that do not need it, so that
  // all faults are reported together: FAILED_PRECONDITION with one problem each, path "/plugins/<name>". Then
  // everything that had started has been stopped again.
  boost::asio::awaitable<Status> start(Plan plan);

  // Stops the instances in reverse, each after its bindings are withdrawn, and unloads their libraries. Waits no longer
  // than the stop settings for each. Returns the faults as one problem each; whatever they are, nothing is bound
  // afterwards.
  boost::asio::awaitable<Status> stop();

  // In the plan's order.
  [[nodiscard]] std::vector<PluginStatus> status() const;

 private:
  using Step = boost::asio::awaitable<Status> (Lifecycle::*)(Generation&);

  void adopt(Plan plan);
  boost::asio::awaitable<void> bring_up(Generation& generation);
  boost::asio::awaitable<Status> verify(Generation& generation);
  boost::asio::awaitable<Status> load(Generation& generation);
  boost::asio::awaitable<Status> create(Generation& generation);
  boost::asio::awaitable<Status> begin(Generation& generation);
  boost::asio::awaitable<Status> check_health(Generation& generation);
  boost::asio::awaitable<void> sweep();
  boost::asio::awaitable<Status> take_down(Generation& generation);
  boost::asio::awaitable<void> let_go(Generation& generation);
  Status verify_now(Generation& generation);
  Status load_now(Generation& generation);
  Status create_now(Generation& generation);
  void publish();
  [[nodiscard]] std::string missing_need(const Generation& generation) const;
  [[nodiscard]] bool library_in_use(const Generation& generation) const;
  [[nodiscard]] Status verdict() const;

  const LifecycleSettings settings_;
  Surroundings around_;
  std::string profile_;
  mutable std::mutex mutex_;  // guards the vector, not what it points to
  std::vector<std::unique_ptr<Generation>> generations_;
};

}  // namespace slipway::lifecycle
