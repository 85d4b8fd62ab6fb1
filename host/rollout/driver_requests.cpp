// What people ask of an application: each is one decision, or a sentence that says why not.
#include "host/bridge/typed_call.hpp"
#include "host/rollout/driver.hpp"
#include "host/rollout/promotion.hpp"
#include "host/rollout/retreat.hpp"

namespace slipway::rollout {
namespace {

Status no_turn(std::size_t waiting) {
  return Status(Code::resource_exhausted,
                std::to_string(waiting) + " requests for this application wait already; try again later");
}

constexpr std::size_t kMaxWaiting = 32;

// What a rollout that is replaced leaves behind besides the release that is stable.
std::string left_behind(const Order& order, const std::string& stable) {
  for (const OrderedGroup& group : order.groups) {
    if (group.release != stable) return group.release;
  }
  return {};
}

}  // namespace

Status Driver::check_version(const IfVersion& version, std::int64_t have, const std::string& what) const {
  if (!version || *version == std::to_string(have)) return {};
  return Status(Code::aborted, what + " has changed: it has version " + std::to_string(have) + ", not " + *version +
                                   "; read it again");
}

Later<Rollout> Driver::show(std::string rollout) {
  if (stale_ || !has_rollout() || record().rollout.id != rollout)
    co_return Status(Code::not_found, "not under way here");
  co_return shown();
}

Later<Rollout> Driver::act(std::string rollout, Word word, IfVersion version, Mode mode) {
  if (turns_.waiting() >= kMaxWaiting) co_return no_turn(kMaxWaiting);
  const auto turn = co_await turns_.take();
  if (stale_) {
    if (const Status status = co_await load(); !status.ok()) co_return status;
  }
  if (!has_rollout() || record().rollout.id != rollout)
    co_return Status(Code::failed_precondition, "rollout " + rollout + " has ended");
  if (const Status status = check_version(version, rollout_->version, "rollout " + rollout); !status.ok())
    co_return status;
  auto change = obey(record(), word, world_ ? *world_ : provider::Observation{}, now());
  if (!change.ok()) co_return change.status();
  if (mode == Mode::dry_run) co_return view(change->record, rollout_->version, nullptr);
  const Record after = change->record;
  if (const Status status = co_await commit(std::move(*change)); !status.ok()) co_return status;
  interrupt();
  ensure_running();
  if (has_rollout()) co_return shown();
  co_return view((co_await tools_.store.rollout(tenant_, rollout)).value().value, 0, nullptr);
}

// The first decision: the records of the rollout and, when it replaces another, the end of that one in the same write.
Later<Rollout> Driver::start(Start start) {
  if (turns_.waiting() >= kMaxWaiting) co_return no_turn(kMaxWaiting);
  const auto turn = co_await turns_.take();
  if (stale_ || !application_) {
    if (const Status status = co_await load(); !status.ok()) co_return status;
  }
  const Application& app = application_->value;
  const RolloutRequest& request = start.request;
  if (has_rollout() && request.supersede == Supersede::refuse) {
    co_return Status(Code::failed_precondition, "rollout " + record().rollout.id + " to " +
                                                    record().rollout.to_release + " is under way for " + name_ + " (" +
                                                    std::string(to_name(record().rollout.state)) +
                                                    "); abort it, wait for its end, or start with supersede=replace");
  }
  if (app.stable_release == request.release)
    co_return Status(Code::failed_precondition, "release " + request.release + " of " + name_ + " is stable already");

  Record fresh{.spec = app.spec, .wait_since = now()};
  fresh.rollout = {.id = tools_.ids.next(),
                   .tenant = tenant_,
                   .created_at = now(),
                   .application = name_,
                   .from_release = app.stable_release,
                   .to_release = request.release,
                   .strategy = start.strategy,
                   .reason = request.reason,
                   .started_by = start.by,
                   .kind = start.kind,
                   .traceparent = start.trace};
  fresh.order = steady_order(app.stable_release, app.spec.replicas, app.generation);
  fresh.gates = start.kind == "rollback" ? std::vector<GateRun>() : gates_at(app.spec, GateMoment::start, now());
  storage::WriteRequest beside;
  if (has_rollout()) {
    Change over{.record = record(),
                .kind = "ended",
                .reason = "superseded by rollout " + fresh.rollout.id + " to " + request.release,
                .by = start.by};
    end(over, State::superseded, now());
    const std::string left = left_behind(record().order, app.stable_release);
    const Draft draft = draft_of(std::move(over), *application_, &*rollout_, world_ ? &*world_ : nullptr, now());
    const storage::Key key = keys::rollout(tenant_, record().rollout.id);
    beside.expect.push_back({key, rollout_->version});
    beside.puts.push_back({key, encode_text(draft.record)});
    beside.removes.push_back(keys::index(tenant_, "active/", record().rollout.id));
    for (const JournalEntry& entry : draft.journal)
      beside.appends.push_back({keys::journal(tenant_, record().rollout.id), encode_text(entry)});
    for (const Event& event : draft.events) append_event(beside, event);
    if (!left.empty()) {
      fresh.phase = Phase::clearing;
      fresh.clearing = left;
      fresh.order = record().order;
      for (OrderedGroup& group : fresh.order.groups)
        group.role = group.release == left ? strategy::kNext : strategy::kStable;
      fresh.retreat = Retreat{.home_role = std::string(strategy::kStable),
                              .home = app.stable_release,
                              .away_role = std::string(strategy::kNext),
                              .away = left,
                              .began = now(),
                              .reason = over.reason};
      for (const OrderedGroup& group : fresh.order.groups) {
        if (group.release == left) fresh.retreat->from_weight = group.weight;
      }
    }
  }
  Change change{
      .record = std::move(fresh),
      .kind = "started",
      .reason = request.reason.empty() ? "asked for" + (start.by.empty() ? "" : " by " + start.by) : request.reason,
      .by = start.by};
  change.events.emplace_back("rollout.started");
  rollout_.reset();
  const Status status = co_await commit_with(std::move(change), std::move(beside));
  if (!status.ok()) {
    stale_ = true;
    ensure_running();
    co_return status;
  }
  interrupt();
  ensure_running();
  sync_analyses();
  co_return shown();
}

// A new attempt of a rollout that went back: from its beginning, with the same release and strategy.
Later<Rollout> Driver::retry(std::string rollout, Word word, IfVersion version, Mode mode) {
  if (turns_.waiting() >= kMaxWaiting) co_return no_turn(kMaxWaiting);
  const auto turn = co_await turns_.take();
  if (stale_ || !application_) {
    if (const Status status = co_await load(); !status.ok()) co_return status;
  }
  auto old = co_await tools_.store.rollout(tenant_, rollout);
  if (!old.ok()) co_return old.status();
  if (const Status status = check_version(version, old->version, "rollout " + rollout); !status.ok()) co_return status;
  const Rollout& before = old->value.rollout;
  const Application& app = application_->value;
  const std::string subject = "rollout " + rollout + " of " + name_;
  if (before.state != State::rolled_back && before.state != State::failed) {
    co_return Status(
        Code::failed_precondition,
        subject + " is " + std::string(to_name(before.state)) +
            ": only one that was rolled back or failed can be tried again; possible now: " + possible_in(before.state));
  }
  if (has_rollout())
    co_return Status(Code::failed_precondition,
                     subject + " can't be tried again while rollout " + record().rollout.id + " is under way");
  if (before.from_release != app.stable_release) {
    co_return Status(Code::failed_precondition, subject + " went from " + before.from_release + ", but " +
                                                    app.stable_release + " is stable now; start a new rollout");
  }
  Record again{.rollout = before,
               .spec = app.spec,
               .order = steady_order(app.stable_release, app.spec.replicas, app.generation),
               .wait_since = now()};
  again.rollout.state = State::pending;
  again.rollout.step = 0;
  again.rollout.attempt += 1;
  again.rollout.ended_at.reset();
  again.gates = before.kind == "rollback" ? std::vector<GateRun>() : gates_at(app.spec, GateMoment::start, now());
  Change change{.record = std::move(again),
                .kind = "command",
                .reason = "tried again" + (word.by.empty() ? "" : " by " + word.by) +
                          (word.request.reason.empty() ? "" : ": " + word.request.reason),
                .by = word.by};
  change.events.emplace_back("rollout.started");
  if (mode == Mode::dry_run) co_return view(change.record, old->version, nullptr);
  rollout_ = std::move(*old);
  const Status status = co_await commit(std::move(change));
  if (!status.ok()) {
    rollout_.reset();
    stale_ = true;
    co_return status;
  }
  ensure_running();
  sync_analyses();
  wakeup_.ring();
  co_return shown();
}

boost::asio::awaitable<Status> Driver::resume() {
  const auto turn = co_await turns_.take();
  if (stale_ || !application_) {
    if (const Status status = co_await load(); !status.ok() && status.code == Code::not_found) co_return status;
  }
  if (!stale_ && has_rollout()) {
    tools_.metrics.gauge(telemetry::metric::kRollouts, {to_name(record().rollout.state)}).add(1);
    Change change{.record = record(),
                  .kind = "resumed",
                  .reason = "taken up again after a restart: " + record().rollout.why.reason};
    (void)co_await commit(std::move(change));
  }
  ensure_running();
  sync_analyses();
  co_return Status();
}

}  // namespace slipway::rollout
