#include "host/rollout/engine.hpp"

#include <algorithm>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/this_coro.hpp>

#include "host/rollout/hop.hpp"

namespace slipway::rollout {

Engine::Engine(EngineParts parts, EngineSettings settings)
    : parts_(std::move(parts)),
      settings_(std::move(settings)),
      clock_(parts_.clock),
      store_(parts_.caller, parts_.ids, {settings_.budgets.storage}),
      lease_strand_(boost::asio::make_strand(parts_.executor)),
      lease_(lease_strand_, store_, clock_, parts_.timers, parts_.log, settings_),
      feed_(clock_, parts_.timers, static_cast<std::size_t>(settings_.events.max_waiting)),
      trimmer_({boost::asio::make_strand(parts_.executor), store_, lease_, clock_, parts_.timers, settings_}),
      census_(parts_.metrics, settings_.bounds.max_active),
      wiring_(settings_.wiring),
      tools_{parts_.caller, clock_, parts_.timers, parts_.ids, parts_.random, parts_.log, parts_.metrics, settings_,
             store_,        lease_, feed_,         trimmer_,   census_,       wiring_,    uses_},
      notifications_(tools_, parts_.executor) {}

Engine::~Engine() = default;

void Engine::set_bounds(const Bounds& bounds) {
  census_.set_most(bounds.max_active);
  trimmer_.keep_for(bounds.retention);
}

Engine::Inside::Inside(Count count) : count_(std::move(count)) { ++*count_; }
Engine::Inside::~Inside() { --*count_; }

Status Engine::door() const {
  return stopping_ ? Status(Code::unavailable, "slipwayd is stopping; try again when it is back") : Status();
}

void Engine::rewire(Wiring wiring) {
  wiring_.set(std::move(wiring));
  for (const DriverPtr& driver : drivers()) driver->wake();
}

Engine::DriverPtr Engine::driver(const std::string& tenant, const std::string& application) {
  const std::lock_guard lock(mutex_);
  if (drivers_.size() >= sweep_at_) {
    std::erase_if(drivers_, [](const auto& entry) { return entry.second.expired(); });
    sweep_at_ = std::max<std::size_t>(64, drivers_.size() * 2);
  }
  auto& place = drivers_[{tenant, application}];
  auto found = place.lock();
  if (!found) place = found = std::make_shared<Driver>(tools_, parts_.executor, tenant, application);
  return found;
}

Engine::DriverPtr Engine::find_driver(const std::string& tenant, const std::string& application) const {
  const std::lock_guard lock(mutex_);
  const auto found = drivers_.find({tenant, application});
  return found == drivers_.end() ? nullptr : found->second.lock();
}

std::vector<Engine::DriverPtr> Engine::drivers() const {
  const std::lock_guard lock(mutex_);
  std::vector<DriverPtr> alive;
  for (const auto& [key, weak] : drivers_) {
    if (auto found = weak.lock()) alive.push_back(std::move(found));
  }
  return alive;
}

std::size_t Engine::busy() const {
  const auto all = drivers();
  return static_cast<std::size_t>(
      std::count_if(all.begin(), all.end(), [](const auto& found) { return found->running(); }));
}

std::map<Parked, std::size_t> Engine::parked() const {
  std::map<Parked, std::size_t> result;
  for (const auto& [kind, name] : enum_names(Parked{})) {
    if (kind != Parked::nothing) result[kind] = 0;
  }
  for (const DriverPtr& found : drivers()) {
    if (const auto kind = result.find(found->parked()); kind != result.end()) ++kind->second;
  }
  return result;
}

void Engine::provider_changed(const std::string& tenant, const std::string& application) {
  if (const auto found = find_driver(tenant, application)) found->wake();
}

boost::asio::awaitable<Status> Engine::resume(Duration patience) {
  const Status leased = co_await run_on(lease_strand_, lease_.acquire(patience));
  if (!leased.ok()) co_return Status(Code::unavailable, "the lease of the engine can't be had: " + leased.message);
  const auto seen = co_await store_.last_seen();
  if (!seen.ok() && seen.status().code != Code::not_found) co_return seen.status();
  const Duration away = seen.ok() ? std::max(Duration{}, clock_.now() - *seen) : Duration{};
  (void)co_await run_on(lease_strand_, lease_.beat());
  // The clock may have been set back while nobody was here; the store's time is past everything that is recorded.
  const auto beaten = co_await store_.last_seen();
  if (beaten.ok()) clock_.not_before(*beaten);
  auto keep = [](Engine* self) -> boost::asio::awaitable<void> {
    const Lease::Regained regained = [self](Duration gone) { self->regained(gone); };
    co_await self->lease_.keep(regained);
  };
  boost::asio::co_spawn(lease_strand_, keep(this), boost::asio::detached);
  if (Status status = co_await take_up(away); !status.ok()) co_return status;
  notifications_.start();
  trimmer_.start();
  co_return Status();
}

boost::asio::awaitable<Status> Engine::take_up(Duration away) {
  if (Status status = co_await resume_applications(away); !status.ok()) co_return status;
  co_return co_await resume_removals();
}

// Another host may have been at work: everything is read again, beside the renewals.
void Engine::regained(Duration away) {
  auto go = [](Engine* self, Duration gone) -> boost::asio::awaitable<void> {
    Wakeup pause(co_await boost::asio::this_coro::executor, self->clock_, self->parts_.timers);
    while (!self->stopping_ && self->lease_.token() != 0) {
      const Status status = co_await self->take_up(gone);
      if (status.ok()) co_return;
      self->parts_.log.warn("what another host left could not be read yet", {{"reason", status.message}});
      co_await pause.wait_until(self->clock_.now() + seconds(1));
    }
  };
  const boost::asio::any_io_executor strand = boost::asio::make_strand(parts_.executor);
  boost::asio::co_spawn(strand, go(this, away), boost::asio::detached);
}

boost::asio::awaitable<Status> Engine::resume_applications(Duration away) {
  storage::ScanRequest request{.kind = "application", .limit = 500};
  do {
    const auto page = co_await store_.scan(request);
    if (!page.ok()) co_return page.status();
    for (const storage::Record& record : page->records) {
      feed_.known(record.key.tenant);
      trimmer_.known(record.key.tenant);
      const auto found = driver(record.key.tenant, record.key.id);
      auto begin = [](DriverPtr self, Duration gone) -> boost::asio::awaitable<void> {
        (void)co_await self->resume(gone);
      };
      boost::asio::co_spawn(found->strand(), begin(found, away), boost::asio::detached);
    }
    request.after = page->next;
  } while (!request.after.empty());
  co_return Status();
}

boost::asio::awaitable<Status> Engine::resume_removals() {
  storage::ScanRequest request{.kind = "removal", .limit = 500};
  do {
    const auto page = co_await store_.scan(request);
    if (!page.ok()) co_return page.status();
    for (const storage::Record& record : page->records) {
      const auto found = driver(record.key.tenant, record.key.id);
      auto finish = [](DriverPtr self) -> boost::asio::awaitable<void> { co_await self->finish_removal(); };
      boost::asio::co_spawn(found->strand(), finish(found), boost::asio::detached);
    }
    request.after = page->next;
  } while (!request.after.empty());
  co_return Status();
}

// In the order of the loops' work: the door, the loops, what people asked, the lease.
boost::asio::awaitable<Status> Engine::stop(Duration patience) {
  stopping_ = true;
  for (const auto& found : drivers()) {
    auto halt = [](DriverPtr self) -> boost::asio::awaitable<void> {
      self->stop();
      co_return;
    };
    boost::asio::co_spawn(found->strand(), halt(found), boost::asio::detached);
  }
  notifications_.stop();
  trimmer_.stop();
  Wakeup pause(co_await boost::asio::this_coro::executor, clock_, parts_.timers);
  const std::int64_t until = clock_.steady_ns() + patience.ns;
  while ((busy() > 0 || *inside_ > 0) && clock_.steady_ns() < until) {
    co_await pause.wait_until(clock_.now() + milliseconds(10));
  }
  const std::size_t left = busy();
  (void)co_await run_on(lease_strand_, lease_.give_back());
  if (left == 0) co_return Status();
  co_return Status(Code::deadline_exceeded, std::to_string(left) +
                                                " applications were still being worked on; they are "
                                                "taken up again at the next start");
}

}  // namespace slipway::rollout
