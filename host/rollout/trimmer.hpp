// Keeps what is stored about events and decisions from growing without bound: events by their number and age, journals
// of rollouts by the time since these ended. The rollouts themselves stay, one record each. What is needed for going on
// is never touched.
#pragma once

#include <boost/asio/any_io_executor.hpp>
#include <map>
#include <mutex>
#include <string>

#include "host/rollout/ownership.hpp"
#include "host/rollout/settings.hpp"
#include "host/rollout/store.hpp"
#include "host/rollout/wakeup.hpp"

namespace slipway::rollout {

// What a Trimmer works with. References: the owner outlives the trimmer and what it has begun.
struct TrimmerParts {
  boost::asio::any_io_executor strand;
  Store& store;
  const Ownership& ownership;
  const base::Clock& clock;
  Timers& timers;
  const EngineSettings& settings;
};

// Safe from any thread.
class Trimmer {
 public:
  explicit Trimmer(TrimmerParts parts);

  // A tenant that may have something to trim.
  void known(const std::string& tenant);
  // Events up to this number are stored. Now and then those go that are older than the newest `keep`.
  void stored(const std::string& tenant, std::int64_t newest);
  // From the next sweep on.
  void keep_for(const Retention& retention);

  // Sweeps every `trim_every` what is of this host's tenants, until stop().
  void start();
  void stop();

 private:
  [[nodiscard]] bool may_trim(const std::string& tenant) const;
  boost::asio::awaitable<void> run();
  boost::asio::awaitable<void> sweep(std::string tenant);
  boost::asio::awaitable<void> trim_events(std::string tenant, Instant older_than);
  boost::asio::awaitable<void> trim_journals(std::string tenant, Instant older_than);
  boost::asio::awaitable<bool> trim_some_journals(std::string tenant, Instant older_than);
  boost::asio::awaitable<std::int64_t> last_event_before(std::string tenant, Instant older_than);

  TrimmerParts parts_;
  Wakeup wakeup_;
  std::mutex mutex_;
  Retention retention_;
  std::map<std::string, std::int64_t> trimmed_;  // by tenant, the last number that went
  std::atomic<bool> stopping_ = false;
};

}  // namespace slipway::rollout
