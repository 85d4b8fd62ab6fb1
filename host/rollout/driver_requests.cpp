// What people ask of an application: each is one decision, or a sentence that says why not.
#include "host/rollout/driver.hpp"
#include "host/rollout/promotion.hpp"
#include "host/rollout/retreat.hpp"

namespace slipway::rollout {
namespace {

constexpr std::size_t kMaxWaiting = 32;
constexpr int kTries = 8;  // of a word against the decisions of another host

}  // namespace

Status Driver::crowded() const {
  if (turns_.waiting() < kMaxWaiting) return {};
  tools_.metrics.counter(telemetry::metric::kQueueRefused, {"requests"}).add();
  return Status(Code::resource_exhausted,
                std::to_string(kMaxWaiting) + " requests for application " + name_ + " wait already; try again later");
}

Status Driver::check_version(const IfVersion& version, std::int64_t have, const std::string& what) const {
  if (!version || *version == std::to_string(have)) return {};
  return Status(Code::aborted, what + " has changed: it has version " + std::to_string(have) + ", not " + *version +
                                   "; read it again");
}

// The turn is held.
boost::asio::awaitable<Status> Driver::refresh() {
  if (stale_ || !application_ || !owned()) co_return co_await load();
  if (!tools_.ownership.has_company()) co_return Status();
  // Another host's words count as soon as they are stored, not when their notice has been read.
  const bool current = co_await is_current();
  if (current) co_return Status();
  co_return co_await load();
}

boost::asio::awaitable<bool> Driver::is_current() {
  std::vector<storage::Key> wanted{keys::application(tenant_, name_)};
  if (has_rollout()) wanted.push_back(keys::rollout(tenant_, record().rollout.id));
  const auto found = co_await tools_.store.get(std::move(wanted));
  if (!found.ok() || found->records.size() != (has_rollout() ? 2 : 1)) co_return false;
  for (const storage::Record& stored : found->records) {
    const bool is_rollout = stored.key.kind == "rollout";
    if (stored.version != (is_rollout ? rollout_->version : application_->version)) co_return false;
  }
  co_return true;
}

Later<Rollout> Driver::show(std::string rollout, std::int64_t version) {
  if (!owned() || stale_ || !has_rollout() || record().rollout.id != rollout || rollout_->version < version) {
    co_return Status(Code::not_found, "not under way here");
  }
  co_return shown();
}

// Another host may decide at the same moment; then what is stored is read again. Who names a version wants to know.
Later<Rollout> Driver::act(std::string rollout, Word word, IfVersion version, Mode mode) {
  for (int tries = 1;; ++tries) {
    Word once = word;
    auto result = co_await act_once(rollout, std::move(once), version, mode);
    if (result.status().code != Code::aborted || version || tries == kTries) co_return result;
  }
}

Later<Rollout> Driver::act_once(std::string rollout, Word word, IfVersion version, Mode mode) {
  if (Status status = crowded(); !status.ok()) co_return status;
  const auto turn = co_await turns_.take();
  if (Status status = co_await refresh(); !status.ok()) co_return status;
  if (!has_rollout() || record().rollout.id != rollout) {
    co_return Status(Code::failed_precondition,
                     "rollout " + rollout + " of " + name_ + " has just ended; read it again");
  }
  Status stale = check_version(version, rollout_->version, "rollout " + rollout);
  if (!stale.ok()) co_return stale;
  const provider::Observation nothing;
  auto change = obey(record(), word, world_ ? *world_ : nothing, now());
  if (change.status().code == Code::resource_exhausted)
    tools_.metrics.counter(telemetry::metric::kQueueRefused, {"commands"}).add();
  if (!change.ok()) co_return change.status();
  change->origin = std::move(word.origin);
  const Record after = change->record;
  const std::int64_t before = rollout_->version;
  if (mode == Mode::dry_run) co_return view(after, before, nullptr);
  if (Status status = co_await commit(std::move(*change)); !status.ok()) co_return status;
  interrupt();
  ensure_running();
  if (has_rollout()) co_return shown();
  co_return view(after, before + 1, nullptr);
}

// The first decision: the records of the rollout and, when it replaces another, the end of that one in the same write.
Later<Rollout> Driver::start(Start start) {
  if (Status status = crowded(); !status.ok()) co_return status;
  const auto turn = co_await turns_.take();
  if (Status status = co_await refresh(); !status.ok()) co_return status;
  if (Status status = may_start(start.request); !status.ok()) co_return status;
  // Going back is never refused, and a rollout that replaces another is not one more.
  const bool one_more = !has_rollout() && start.kind != "rollback";
  if (Status status = one_more ? reserve() : Status(); !status.ok()) co_return status;

  Change change = begin(application_->value, start, tools_.ids.next(), now());
  storage::WriteRequest beside;
  if (has_rollout()) {
    clear_first(change.record, record(), now());
    Change over = supersede(record(), change.record.rollout, now());
    over.origin = change.origin;
    beside = end_beside(std::move(over));
  }
  rollout_.reset();
  if (Status status = co_await commit_with(std::move(change), std::move(beside)); !status.ok()) {
    stale_ = true;
    place_.reset();
    ensure_running();
    co_return status;
  }
  interrupt();
  ensure_running();
  co_return shown();
}

Later<Empty> Driver::check_start(RolloutRequest request) {
  if (Status status = crowded(); !status.ok()) co_return status;
  const auto turn = co_await turns_.take();
  if (Status status = co_await refresh(); !status.ok()) co_return status;
  if (Status status = may_start(request); !status.ok()) co_return status;
  co_return Empty{};
}

Status Driver::reserve() {
  auto place = tools_.census.reserve();
  if (!place.ok()) return place.status();
  place_ = std::move(*place);
  return {};
}

Status Driver::may_start(const RolloutRequest& request) const {
  if (has_rollout() && request.supersede == Supersede::refuse) {
    const Rollout& under_way = record().rollout;
    return Status(Code::failed_precondition, "rollout " + under_way.id + " to " + under_way.to_release +
                                                 " is under way for " + name_ + " (" +
                                                 std::string(to_name(under_way.state)) +
                                                 "); abort it, wait for its end, or start with supersede=replace");
  }
  if (application_->value.stable_release != request.release) return {};
  return Status(Code::failed_precondition, "release " + request.release + " of " + name_ + " is stable already");
}

// The end of the rollout under way as a part of another write, with the verdicts that its journal has not got yet.
storage::WriteRequest Driver::end_beside(Change over) {
  Draft draft = draft_of(std::move(over), *application_, &*rollout_, world_ ? &*world_ : nullptr, now());
  take_verdicts(draft);
  const std::string& id = draft.record.rollout.id;
  storage::WriteRequest batch;
  batch.expect.push_back({keys::rollout(tenant_, id), rollout_->version});
  batch.puts.push_back({keys::rollout(tenant_, id), encode_text(draft.record)});
  batch.removes.push_back(keys::index(tenant_, "active/", id));
  batch.puts.push_back({keys::ended(tenant_, now(), id), id});
  for (const JournalEntry& entry : draft.journal) {
    batch.appends.push_back({keys::journal(tenant_, id), encode_text(entry)});
  }
  for (const Event& event : draft.events) append_event(batch, event);
  return batch;
}

// A new attempt of a rollout that went back.
Later<Rollout> Driver::retry(std::string rollout, Word word, IfVersion version, Mode mode) {
  if (Status status = crowded(); !status.ok()) co_return status;
  const auto turn = co_await turns_.take();
  if (Status status = co_await refresh(); !status.ok()) co_return status;
  auto old = co_await tools_.store.rollout(tenant_, rollout);
  if (!old.ok()) co_return old.status();
  Status status = check_version(version, old->version, "rollout " + rollout);
  if (status.ok()) status = may_retry(old->value.rollout);
  if (!status.ok()) co_return status;
  Change change = again(old->value.rollout, application_->value, now());
  change.record.alpha = word.checked.alpha;
  change.record.granularity = word.checked.granularity;
  change.by = word.by;
  change.origin = word.origin;
  if (!word.by.empty()) change.reason += " by " + word.by;
  if (!word.request.reason.empty()) change.reason += ": " + word.request.reason;
  if (mode == Mode::dry_run) co_return view(change.record, old->version, nullptr);
  status = reserve();
  if (!status.ok()) co_return status;
  rollout_ = std::move(*old);
  status = co_await commit(std::move(change));
  if (!status.ok()) {
    rollout_.reset();
    place_.reset();
    stale_ = true;
    co_return status;
  }
  interrupt();
  ensure_running();
  co_return shown();
}

Status Driver::may_retry(const Rollout& before) const {
  const std::string subject = "rollout " + before.id + " of " + name_;
  const std::string& stable = application_->value.stable_release;
  if (before.state != State::rolled_back && before.state != State::failed) {
    return Status(
        Code::failed_precondition,
        subject + " is " + std::string(to_name(before.state)) +
            ": only one that was rolled back or failed can be tried again; possible now: " + possible_in(before.state));
  }
  if (has_rollout()) {
    return Status(Code::failed_precondition,
                  subject + " can't be tried again while rollout " + record().rollout.id + " is under way");
  }
  if (before.from_release == stable) return {};
  return Status(Code::failed_precondition, subject + " went from " +
                                               (before.from_release.empty() ? "nothing" : before.from_release) +
                                               ", but " + stable + " is stable now; start a new rollout");
}

boost::asio::awaitable<void> Driver::read_again() {
  const auto turn = co_await turns_.take();
  if (!owned()) co_return;
  stale_ = true;
  ++touches_;
  interrupt();
  ensure_running();
}

void Driver::left_alone(Absence absence) {
  alone_since_ = clock_.steady_ns() - absence.length.ns;
  left_ = absence.since;
  stale_ = true;
}

boost::asio::awaitable<void> Driver::resume(std::optional<Found> found) {
  const auto turn = co_await turns_.take();
  if (stopping_ || !owned()) co_return;
  if (stale_ && found && found->touches == touches_) {
    learn(std::move(*found));
  } else if (stale_) {
    if (const Status status = co_await load(); status.code == Code::not_found) co_return;
  }
  if (!stale_ && alone_since_) co_await note_absence();
  ensure_running();
}

// Nobody looked meanwhile: that time counts neither as progress missed nor as time watched. What fails is tried again
// by the loop. The turn is held.
boost::asio::awaitable<void> Driver::note_absence() {
  if (has_rollout()) {
    const Duration away{clock_.steady_ns() - *alone_since_};
    Change change{.record = record(), .kind = "resumed", .reason = record().rollout.why.reason};
    Record& next = change.record;
    if (next.phase == Phase::stepping && !next.paused_at) next.stood_still = next.stood_still + away;
    if (next.phase == Phase::watching) next.watch_until = *next.watch_until + unwatched(next, away, now());
    change.detail = json_text({{"away", to_string(away)}});
    const Status status = co_await commit(std::move(change));
    if (!status.ok()) co_return;
  }
  alone_since_.reset();
}

}  // namespace slipway::rollout
