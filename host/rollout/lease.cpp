#include "host/rollout/lease.hpp"

#include <algorithm>

namespace slipway::rollout {

Lease::Lease(boost::asio::any_io_executor executor, Store& store, const base::Clock& clock, Timers& timers,
             telemetry::Log log, const EngineSettings& settings)
    : store_(store),
      clock_(clock),
      wakeup_(std::move(executor), clock, timers),
      log_(std::move(log)),
      settings_(settings) {}

boost::asio::awaitable<Status> Lease::ask(storage::LeaseAction action) {
  storage::LeaseRequest request{
      .name = kEngineLease, .owner = settings_.owner, .action = action, .token = token_, .ttl = settings_.lease};
  const std::int64_t asked = clock_.steady_ns();
  const auto reply = co_await store_.lease(std::move(request));
  if (!reply.ok()) co_return reply.status();
  // Counted from the question, and a tenth short: the store counts from later, and its clock may be the faster one.
  held_until_ = asked + settings_.lease.ns - settings_.lease.ns / 10;
  token_ = action == storage::LeaseAction::release ? 0 : reply->token;
  co_return Status();
}

boost::asio::awaitable<Status> Lease::acquire(Duration patience) {
  const std::int64_t until = clock_.steady_ns() + patience.ns;
  for (;;) {
    Status status = co_await ask(storage::LeaseAction::acquire);
    if (status.ok() || stopping_ || clock_.steady_ns() >= until) co_return status;
    co_await wakeup_.wait_until(clock_.now() + milliseconds(250));
  }
}

boost::asio::awaitable<void> Lease::keep(Regained regained) {
  while (!stopping_) {
    co_await wakeup_.wait_until(clock_.now() + nanoseconds(settings_.lease.ns / 3));
    if (stopping_) break;
    co_await keep_once(regained);
  }
}

boost::asio::awaitable<void> Lease::keep_once(const Regained& regained) {
  if (token_ != 0) {
    const Status renewed = co_await ask(storage::LeaseAction::renew);
    if (renewed.ok()) (void)co_await beat();
    if (renewed.ok() || outcome_unknown(renewed)) co_return;
    log_.warn("the lease of the engine is not held", {{"reason", renewed.message}});
    token_ = 0;
  }
  const Status taken = co_await ask(storage::LeaseAction::acquire);
  if (!taken.ok()) co_return;
  co_await begin_again(regained);
  (void)co_await beat();
}

// The heartbeat of whoever held it meanwhile is read before ours covers it.
boost::asio::awaitable<void> Lease::begin_again(const Regained& regained) {
  log_.info("the lease of the engine is held again", {{"token", token_.load()}});
  const auto seen = co_await store_.last_seen();
  regained(seen.ok() ? std::max(Duration{}, clock_.now() - *seen) : Duration{});
}

boost::asio::awaitable<bool> Lease::beat() {
  storage::WriteRequest batch;
  batch.expect_leases.push_back({kEngineLease, token_});
  batch.puts.push_back({keys::heartbeat(), settings_.owner});
  const auto reply = co_await store_.write(batch, std::string());
  co_return reply.ok();
}

boost::asio::awaitable<bool> Lease::give_back() {
  stopping_ = true;
  wakeup_.ring();
  if (token_ == 0) co_return true;
  (void)co_await beat();
  const Status status = co_await ask(storage::LeaseAction::release);
  token_ = 0;
  co_return status.ok();
}

}  // namespace slipway::rollout
