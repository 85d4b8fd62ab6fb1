// The lease under which this host takes decisions. Its token fences: what an older holder still orders is refused.
#pragma once

#include <atomic>
#include <functional>

#include "host/rollout/settings.hpp"
#include "host/rollout/store.hpp"
#include "host/rollout/wakeup.hpp"
#include "host/telemetry/log.hpp"

namespace slipway::rollout {

inline constexpr const char* kEngineLease = "engine";

// token() may be read from any thread; the rest belongs to the executor.
class Lease {
 public:
  Lease(boost::asio::any_io_executor executor, Store& store, const base::Clock& clock, Timers& timers,
        telemetry::Log log, const EngineSettings& settings);

  // Tries until it is held or the patience is over; the status says who holds it instead.
  boost::asio::awaitable<Status> acquire(Duration patience);
  // Renews it until give_back(), and leaves a heartbeat each time. A lease that was lost is taken again when it is
  // free; `regained` then hears for how long nobody was at work, and what this host knows may be out of date.
  using Regained = std::function<void(Duration away)>;
  boost::asio::awaitable<void> keep(Regained regained);
  boost::asio::awaitable<bool> give_back();
  // Leaves a heartbeat.
  boost::asio::awaitable<bool> beat();
  // 0 while it is not held. Runs out by this host's own clock, before the store may give it to another.
  [[nodiscard]] std::int64_t token() const { return remaining() > Duration{} ? token_.load() : 0; }
  // How long it is held without being renewed.
  [[nodiscard]] Duration remaining() const { return {held_until_ - clock_.steady_ns()}; }

 private:
  boost::asio::awaitable<Status> ask(storage::LeaseAction action);
  boost::asio::awaitable<void> keep_once(const Regained& regained);
  boost::asio::awaitable<void> begin_again(const Regained& regained);

  Store& store_;
  const base::Clock& clock_;
  Wakeup wakeup_;
  telemetry::Log log_;
  const EngineSettings& settings_;
  std::atomic<std::int64_t> token_ = 0;
  std::atomic<std::int64_t> held_until_ = 0;  // steady clock
  bool stopping_ = false;
};

}  // namespace slipway::rollout
