#include "host/rollout/engine.hpp"

#include <algorithm>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/use_awaitable.hpp>

#include "host/rollout/hop.hpp"

namespace slipway::rollout {
namespace {

const TakenPartition* find_in(const std::vector<TakenPartition>& taken, const storage::Key& application) {
  const auto found =
      std::ranges::find(taken, partition_of(application.tenant, application.id), &TakenPartition::number);
  return found == taken.end() ? nullptr : &*found;
}

StepTimes times_of(telemetry::Metrics& metrics) {
  const auto phase = [&metrics](std::string_view name) {
    return metrics.histogram(telemetry::metric::kStepSeconds, {name});
  };
  return {.observe = phase("observe"),
          .decide = phase("decide"),
          .commit = phase("commit"),
          .apply = phase("apply"),
          .analyse = phase("analyse")};
}

}  // namespace

Engine::Engine(EngineParts parts, EngineSettings settings)
    : parts_(std::move(parts)),
      settings_(std::move(settings)),
      clock_(parts_.clock),
      store_(parts_.caller, parts_.ids, {settings_.budgets.storage}),
      ownership_strand_(boost::asio::make_strand(parts_.executor)),
      ownership_(ownership_strand_, store_, clock_, parts_.timers, parts_.log, settings_),
      hosts_(store_, ownership_, clock_, settings_),
      feed_(clock_, parts_.timers, static_cast<std::size_t>(settings_.events.max_waiting)),
      follower_(store_, feed_, ownership_, parts_.log,
                {[this](const Notice& notice) {
                   feed_.known(notice.tenant);
                   trimmer_.known(notice.tenant);
                   if (ownership_.owns(partition_of(notice.tenant, notice.application)))
                     read_again(notice.tenant, notice.application);
                 },
                 [this] { ownership_.begin_again(); }}),
      trimmer_({boost::asio::make_strand(parts_.executor), store_, ownership_, clock_, parts_.timers, settings_}),
      census_(parts_.metrics, settings_.bounds.max_active),
      wiring_(settings_.wiring),
      tools_{parts_.caller,
             clock_,
             parts_.timers,
             parts_.ids,
             parts_.random,
             parts_.log,
             parts_.metrics,
             settings_,
             store_,
             ownership_,
             feed_,
             trimmer_,
             census_,
             wiring_,
             uses_,
             inside_->rest_bell,
             times_of(parts_.metrics),
             parts_.tracer},
      resumption_(parts_.executor, store_, clock_, parts_.timers),
      notifications_(tools_, parts_.executor) {}

Engine::~Engine() = default;

void Engine::set_bounds(const Bounds& bounds) {
  census_.set_most(bounds.max_active);
  trimmer_.keep_for(bounds.retention);
}

Engine::Inside::Inside(std::shared_ptr<AtWork> at_work) : at_work_(std::move(at_work)) { ++at_work_->requests; }
Engine::Inside::~Inside() {
  --at_work_->requests;
  at_work_->rest_bell.ring();
}

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
  if (found) return found;
  place = found = std::make_shared<Driver>(tools_, parts_.executor, tenant, application);
  if (stopping_) found->stop();  // for a request that came before the door closed
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
  if (Status status = co_await follower_.begin(); !status.ok()) co_return status;
  Ownership::Work work{.take = [this](std::vector<TakenPartition> taken) { return take_up(std::move(taken)); },
                       .let_go = [this](std::vector<std::size_t> gone) { return let_go(std::move(gone)); },
                       .held_again = [this] { notifications_.look(); },
                       .follow = [this] { return follower_.follow(); }};
  const Status joined = co_await run_on(ownership_strand_, ownership_.join(std::move(work), patience));
  if (!joined.ok())
    co_return Status(Code::unavailable, "this host can't join the hosts of its store: " + joined.message);
  boost::asio::co_spawn(ownership_strand_, ownership_.keep_lease(), boost::asio::detached);
  boost::asio::co_spawn(ownership_strand_, ownership_.keep_share(), boost::asio::detached);
  notifications_.start();
  trimmer_.start();
  co_return Status();
}

boost::asio::awaitable<Status> Engine::take_up(std::vector<TakenPartition> taken) {
  if (Status status = co_await resume_applications(taken); !status.ok()) co_return status;
  if (Status status = co_await resume_removals(std::move(taken)); !status.ok()) co_return status;
  notifications_.look();
  co_return Status();
}

boost::asio::awaitable<Status> Engine::resume_applications(std::vector<TakenPartition> taken) {
  storage::ScanRequest request{.kind = "application", .limit = 500};
  do {
    const auto page = co_await store_.scan(request);
    if (!page.ok()) co_return page.status();
    for (const storage::Record& record : page->records) {
      feed_.known(record.key.tenant);
      trimmer_.known(record.key.tenant);
      const TakenPartition* partition = find_in(taken, record.key);
      if (partition == nullptr) continue;
      resumption_.add(driver(record.key.tenant, record.key.id), partition->absence);
    }
    request.after = page->next;
  } while (!request.after.empty() && !stopping_);
  co_return Status();
}

boost::asio::awaitable<Status> Engine::resume_removals(std::vector<TakenPartition> taken) {
  storage::ScanRequest request{.kind = "removal", .limit = 500};
  do {
    const auto page = co_await store_.scan(request);
    if (!page.ok()) co_return page.status();
    for (const storage::Record& record : page->records) {
      if (find_in(taken, record.key) != nullptr) driver(record.key.tenant, record.key.id)->begin_removal();
    }
    request.after = page->next;
  } while (!request.after.empty() && !stopping_);
  co_return Status();
}

// What does not end in time is fenced: the next owner orders under a larger token, and reads before it writes.
boost::asio::awaitable<void> Engine::let_go(std::vector<std::size_t> partitions) {
  std::vector<DriverPtr> mine;
  for (DriverPtr& found : drivers()) {
    if (std::ranges::find(partitions, found->partition()) != partitions.end()) mine.push_back(std::move(found));
  }
  for (const DriverPtr& found : mine) boost::asio::post(found->strand(), [found] { found->let_go(); });
  const std::function<bool()> none_runs = [mine = std::move(mine)] {
    return std::ranges::none_of(mine, &Driver::running);
  };
  co_await rested(none_runs, settings_.write_patience);
}

boost::asio::awaitable<void> Engine::rested(std::function<bool()> holds, Duration patience) {
  Wakeup wakeup(ownership_strand_, clock_, parts_.timers);
  const auto listening = inside_->rest_bell.listen(wakeup.remote_ring());
  const std::int64_t until = clock_.steady_ns() + patience.ns;
  while (!holds() && clock_.steady_ns() < until)
    co_await wakeup.wait_until(clock_.now() + nanoseconds(until - clock_.steady_ns()));
}

// Another host has stored something about it, its removal perhaps.
void Engine::read_again(const std::string& tenant, const std::string& application) {
  const auto found = driver(tenant, application);
  auto read = [](DriverPtr self) -> boost::asio::awaitable<void> { co_await self->read_again(); };
  boost::asio::co_spawn(found->strand(), read(found), boost::asio::detached);
}

// In the order of the loops' work: the door, the loops, what people asked, the place among the hosts.
boost::asio::awaitable<Status> Engine::stop(Duration patience) {
  stopping_ = true;
  resumption_.stop();
  for (const auto& found : drivers()) {
    auto halt = [](DriverPtr self) -> boost::asio::awaitable<void> {
      self->stop();
      co_return;
    };
    boost::asio::co_spawn(found->strand(), halt(found), boost::asio::detached);
  }
  notifications_.stop();
  trimmer_.stop();
  const std::function<bool()> nothing_is_at_work = [this] { return busy() == 0 && inside_->requests == 0; };
  co_await boost::asio::co_spawn(ownership_strand_, rested(nothing_is_at_work, patience), boost::asio::use_awaitable);
  const std::size_t left = busy();
  co_await boost::asio::co_spawn(ownership_strand_, ownership_.leave(), boost::asio::use_awaitable);
  if (left == 0) co_return Status();
  co_return Status(Code::deadline_exceeded, std::to_string(left) +
                                                " applications were still being worked on; they are "
                                                "taken up again at the next start");
}

}  // namespace slipway::rollout
