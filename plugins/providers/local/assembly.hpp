// Builds the provider from its settings: who uses whom, by hand, in order. Also its one thread.
#pragma once

#include <boost/asio/io_context.hpp>
#include <boost/asio/thread_pool.hpp>
#include <mutex>
#include <random>
#include <thread>

#include "plugins/providers/local/edge/haproxy.hpp"
#include "plugins/providers/local/pool/pool.hpp"
#include "plugins/providers/local/reconcile/reconciler.hpp"
#include "plugins/providers/local/replica/log_rotation.hpp"
#include "plugins/providers/local/settings.hpp"

namespace slipway::local {

class Assembly {
 public:
  // `notices`, `secrets` and `store` outlive it. Throws slipway::Error when a folder can't be made, a setting can't be
  // used, or the machine has no HAProxy or no room for it.
  Assembly(const Settings& settings, boost::asio::io_context& context, Notices& notices, Secrets& secrets,
           PoolStore& store);

  ~Assembly();

  // On the context's thread. Once.
  void begin();

  // As a provider's; for the whole pool when this machine is of one.
  awaitable<Status> apply(provider::Desired desired);
  awaitable<Result<provider::Observation>> observe(provider::Target target);
  awaitable<Status> remove(provider::Removal removal);

  // What is wrong with HAProxy; empty when nothing is. Any thread.
  [[nodiscard]] std::string problem() const;
  // Which replicas are in a crash loop, as of some seconds ago; empty when none is. Any thread.
  [[nodiscard]] std::string replicas_problem() const;
  // What is wrong with the pool; empty when nothing is, or when there is none. Any thread.
  [[nodiscard]] std::string pool_problem() const;

 private:
  awaitable<void> keep_house();
  void rotate_logs() const;
  void proxy_changed();
  void note_problem();
  void note_crash_loops();

  std::filesystem::path state_;
  std::filesystem::path run_;
  LogSettings logs_;
  // One thread: what keeps house and what unpacks artefacts never meet.
  boost::asio::thread_pool pool_{1};
  boost::asio::thread_pool programs_{1};
  std::unique_ptr<Processes> processes_;
  std::unique_ptr<Checker> checker_;
  Haproxy haproxy_;
  ArtefactStore artefacts_;
  Launcher launcher_;
  Ports ports_;
  World world_;
  std::mt19937 random_;
  PoolNotices notices_;
  ReplicaTools replica_tools_;
  ApplicationTools application_tools_;
  Reconciler reconciler_;
  std::optional<Pool> machines_;
  boost::asio::any_io_executor executor_;
  mutable std::mutex mutex_;
  std::string problem_, pool_problem_, replicas_problem_;
};

}  // namespace slipway::local
