#include "host/rollout/driver.hpp"

#include <algorithm>
#include <boost/asio/post.hpp>
#include <boost/asio/use_awaitable.hpp>

#include "host/bridge/typed_call.hpp"
#include "host/rollout/promotion.hpp"
#include "host/rollout/retreat.hpp"

namespace slipway::rollout {
namespace {

constexpr const char* kProvider = "provider";
constexpr int kMovesInARow = 64;  // of a strategy that never waits

// The provider reads the wall clock. A moment that is still to come for it was read before the clock was set back.
provider::Observation in_our_time(provider::Observation seen, const base::ForwardClock& clock) {
  const Duration lead = clock.lead();
  if (lead == Duration{}) return seen;
  const Instant wall = clock.wall().now();
  for (provider::ObservedGroup& group : seen.groups) {
    for (Instant& since : group.ready_since) {
      if (since <= wall) since = since + lead;
    }
  }
  return seen;
}

}  // namespace

Driver::Driver(const Tools& tools, const Executor& executor, std::string tenant, std::string name)
    : tools_(tools),
      clock_(tools.clock.wall()),
      strand_(boost::asio::make_strand(executor)),
      tenant_(std::move(tenant)),
      name_(std::move(name)),
      partition_(partition_of(tenant_, name_)),
      turns_(strand_),
      removals_(strand_),
      wakeup_(strand_, clock_, tools.timers),
      troubles_(tools.random) {}

void Driver::wake() {
  boost::asio::post(strand_, [self = shared_from_this()] { self->wakeup_.ring(); });
}

void Driver::stop() {
  stopping_ = true;
  interrupt();
}

void Driver::interrupt() {
  interrupted_ = true;
  if (in_call_ != nullptr) in_call_->ring();
  wakeup_.ring();
}

// Requests that hold the turn go on with what they have read.
void Driver::let_go() {
  if (owned()) return;  // it is this host's again
  if (running_) return interrupt();
  auto leave = [](std::shared_ptr<Driver> self) -> boost::asio::awaitable<void> {
    const auto turn = co_await self->turns_.take();
    if (!self->owned() && !self->running_) self->forget();
  };
  boost::asio::co_spawn(strand_, leave(shared_from_this()), boost::asio::detached);
}

// Another host goes on with it. The turn is held.
void Driver::forget() {
  application_.reset();
  rollout_.reset();
  world_.reset();  // what it looks like when this host has it again, another one will have changed
  alone_since_.reset();
  left_.reset();
  stale_ = true;
  note_use();
  count();
  sync_analyses();
}

bool Driver::has_work() const { return !stopping_ && owned() && (stale_ || has_rollout() || !applied()); }

void Driver::ensure_running() {
  if (running_ || !has_work()) return;
  running_ = true;
  auto loop = [](std::shared_ptr<Driver> self) -> boost::asio::awaitable<void> {
    co_await self->run();
    if (!self->owned()) {
      const auto turn = co_await self->turns_.take();
      if (!self->owned()) self->forget();
    }
    self->running_ = false;
    self->sync_analyses();
    if (!self->stopping_ && !self->stale_) self->ensure_running();  // something may have come since it looked
    if (!self->running_) self->tools_.rest_bell.ring();
  };
  boost::asio::co_spawn(strand_, loop(shared_from_this()), boost::asio::detached);
  sync_analyses();
}

boost::asio::awaitable<void> Driver::run() {
  int moves = 0;
  while (has_work()) {
    interrupted_ = false;
    if (stale_ || alone_since_) {
      const auto turn = co_await turns_.take();
      Status status;
      if (stale_) status = co_await load();
      if (status.code == Code::not_found) co_return;  // the application is gone
      if (!stale_ && alone_since_) co_await note_absence();
    }
    if (!stale_ && !alone_since_) {
      if (!hurry()) co_await apply();
      if (!hurry()) co_await look();
      if (!hurry()) co_await ask_gates();
      const bool moved = co_await decide();
      if (!has_work()) break;
      if ((moved && ++moves < kMovesInARow) || interrupted_) continue;
    }
    moves = 0;
    parked_ = parked_by();
    co_await wakeup_.wait_until(next_moment());
    parked_ = Parked::nothing;
  }
}

Parked Driver::parked_by() const {
  if (!has_rollout()) return Parked::nothing;
  if (record().rollout.state == State::paused) return Parked::approval;
  if (!world_ || !troubles_.none()) return Parked::plugin;
  return enum_from<Parked>(to_name(waiting_.kind)).value_or(Parked::nothing);
}

// Makes the world what is committed. A provider that has seen a newer order than ours is told a newer one.
boost::asio::awaitable<void> Driver::apply() {
  if (applied() || troubles_.resting(kProvider, now()) || interrupted_ || !has_lease()) co_return;
  const Order order = current_order();
  if (const Status status = co_await load_releases(order); !status.ok()) {
    troubles_.failed("storage", status, now());
    co_return;
  }
  // It may be deleted by now.
  if (interrupted_ || !application_) co_return;
  provider::Desired desired = desired_of(application_->value, current_spec(), order, releases_);
  desired.step = has_rollout() ? record().rollout.step : 0;
  desired.token = tools_.ownership.token(partition_);
  const std::int64_t token = desired.token;
  const std::int64_t began = clock_.steady_ns();
  const auto reply = co_await interruptible(bridge::call<provider::Interface, provider::Apply>(
      tools_.caller, kProvider, desired,
      context(std::min(tools_.settings.budgets.apply, tools_.ownership.remaining()))));
  if (!reply.ok() && interrupted_) co_return;
  if (!reply.ok()) {
    troubles_.failed(kProvider, reply.status(), now());
    if (reply.status().code == Code::aborted) (void)co_await outrun();
    if (reply.status().code == Code::invalid_argument) co_await refused(order.generation, reply.status());
    co_return;
  }
  took(tools_.times.apply, began);
  troubles_.fine(kProvider);
  applied_generation_ = order.generation;
  applied_token_ = token;
  if (has_rollout() && record().rollout.state == State::rolling_back && deciding_sample_) {
    tools_.metrics.histogram(telemetry::metric::kReactionSeconds)
        .observe(static_cast<double>((now() - *deciding_sample_).ns) / 1e9);
    deciding_sample_.reset();
  }
}

// Without the lease nothing is ordered: another host may be at work.
bool Driver::has_lease() {
  if (tools_.ownership.held()) {
    troubles_.fine(kLease);
    return true;
  }
  troubles_.failed(kLease, Status(Code::unavailable, "this host does not hold its lease, so another may be at work"),
                   now());
  return false;
}

// What the provider can't do, it won't be able to do later: the rollout turns round.
boost::asio::awaitable<void> Driver::refused(std::int64_t generation, Status status) {
  const auto turn = co_await turns_.take();
  if (!stale_ && !has_rollout() && std::exchange(refused_generation_, generation) != generation)
    tools_.log.warn("the provider refuses an application's order",
                    {{"tenant", tenant_}, {"application", name_}, {"reason", to_string(status)}});
  if (stale_ || !has_rollout() || !world_ || record().phase != Phase::stepping) co_return;
  if (record().order.generation != generation) co_return;
  (void)co_await commit(turn_back(record(), "the provider refuses the order: " + to_string(status), *world_, now()));
}

boost::asio::awaitable<void> Driver::look() {
  if (!has_rollout() || troubles_.resting(kProvider, now()) || interrupted_) co_return;
  const std::int64_t began = clock_.steady_ns();
  auto seen = co_await interruptible(bridge::call<provider::Interface, provider::Observe>(
      tools_.caller, kProvider, target(), context(tools_.settings.budgets.observe)));
  if (!seen.ok() && interrupted_) co_return;
  took(tools_.times.observe, began);
  if (!seen.ok() && seen.status().code != Code::not_found) {
    troubles_.failed(kProvider, seen.status(), now());
    co_return;
  }
  see(seen.ok() ? std::move(*seen) : provider::Observation{});
  const bool forgotten = applied() && has_rollout() && world_->generation < record().order.generation;
  if (!forgotten) {
    if (applied()) troubles_.fine(kProvider);
    co_return;
  }
  troubles_.failed(
      kProvider, Status(Code::data_loss, "it has forgotten order " + std::to_string(record().order.generation)), now());
  applied_generation_ = -1;
}

void Driver::see(provider::Observation seen) {
  provider::Observation world = in_our_time(std::move(seen), clock_);
  if (!world_ || !same_weights(*world_, world)) routed_since_ = now();
  const bool first = !world_;
  world_ = std::move(world);
  if (first) sync_analyses();
}

// True when something was decided, so that the loop goes round at once.
boost::asio::awaitable<bool> Driver::decide() {
  if (!has_rollout() || !world_ || stopping_) co_return false;
  if (record().phase == Phase::stepping) co_return co_await step();
  const auto turn = co_await turns_.take();
  if (stale_ || !has_rollout()) co_return true;
  fresh_failure_ = false;
  std::optional<Change> change;
  switch (record().phase) {
    case Phase::clearing:
    case Phase::returning:
      change = go_back(record(), *world_, now(), waiting_);
      break;
    case Phase::gates:
      change = after_gates();
      break;
    case Phase::watching:
    case Phase::finishing:
      change = watch(record(), *world_, now(), waiting_);
      break;
    case Phase::stepping:
    case Phase::over:
      break;
  }
  co_return co_await go_on(std::move(change));
}

// Commits a change; without one, what has to be written anyway. The turn is held.
boost::asio::awaitable<bool> Driver::go_on(std::optional<Change>&& change) {
  const strategy::Wait& told = record().wait;
  const bool another =
      waiting_.kind != told.kind || (told.kind == strategy::WaitKind::approval && waiting_.what != told.what);
  const bool waits_for_another = record().rollout.state != State::paused && another;
  notes_ = notes_ || waits_for_another;
  const bool due = notes_ && now() - written_at_ >= tools_.settings.keep_notes;
  if (!change && !due && verdicts_.empty()) co_return false;
  if (!change) change = noted();
  const Status status = co_await commit(std::move(*change));
  co_return status.ok();
}

// The record with what is known by now, also of what it waits for: other hosts tell people what is stored. Verdicts are
// entries of their own.
Change Driver::noted() const {
  Change change{.record = record()};
  if (record().rollout.state != State::paused) set_wait(change.record, waiting_, now());
  return change;
}

Instant Driver::next_moment() const {
  const Instant at = now();
  Instant next = at + tools_.settings.look_again;
  if (waiting_.until && has_rollout() && record().rollout.state != State::paused)
    next = std::min(next, *waiting_.until);
  if (const auto retry = troubles_.next()) next = std::min(next, *retry);
  if (notes_) next = std::min(next, written_at_ + tools_.settings.keep_notes);
  if (has_rollout()) {
    for (const GateRun& gate : record().gates) {
      if (gate.state == strategy::GateState::pending && gate.ask_at) next = std::min(next, *gate.ask_at);
    }
  }
  return std::max(next, at + milliseconds(20));
}

Order Driver::current_order() const {
  if (has_rollout()) return record().order;
  const Application& app = application_->value;
  return steady_order(app.stable_release, app.spec.replicas, app.generation);
}

const ApplicationSpec& Driver::current_spec() const { return has_rollout() ? record().spec : application_->value.spec; }

// An application that never had an order needs none.
bool Driver::applied() const {
  if (!application_) return true;
  const std::int64_t generation = has_rollout() ? record().order.generation : application_->value.generation;
  return generation == 0 || (applied_generation_ == generation && applied_token_ == tools_.ownership.token(partition_));
}

Live Driver::live() const {
  return {.world = world_ ? &*world_ : nullptr,
          .waiting = record().rollout.state == State::paused ? record().wait : waiting_,
          .troubles = troubles_.sentences(),
          .host = owned() ? tools_.settings.host.name : tools_.store.owner_of(partition_)};
}

Rollout Driver::shown() const {
  const Live seen = live();
  return view(record(), rollout_->version, &seen);
}

bridge::CallContext Driver::context(Duration budget) const {
  return {.budget_ns = budget.ns,
          .traceparent = trace(),
          .tenant = tenant_,
          .affinity = has_rollout() ? record().rollout.id : std::string()};
}

}  // namespace slipway::rollout
