#include "host/rollout/commands.hpp"

#include <algorithm>

#include "host/rollout/promotion.hpp"
#include "host/rollout/retreat.hpp"

namespace slipway::rollout {
namespace {

constexpr std::size_t kMaxCommands = 16;

Status refusal(const Record& record, const Word& word, const std::string& because) {
  const Rollout& rollout = record.rollout;
  return Status(Code::failed_precondition, "rollout " + rollout.id + " of " + rollout.application + " is " +
                                               std::string(to_name(rollout.state)) + ": " + because +
                                               "; possible now: " + possible_in(rollout.state) +
                                               " (asked for: " + std::string(to_name(word.action)) + ")");
}

std::string because(const Word& word, const std::string& what) {
  std::string text = what + (word.by.empty() ? "" : " by " + word.by);
  return word.request.reason.empty() ? text : text + ": " + word.request.reason;
}

Change command(const Record& record, const Word& word, const std::string& what) {
  return {.record = record, .kind = "command", .reason = because(word, what), .by = word.by};
}

// The word ends the wait; the look that follows tells the next one.
void set_no_wait(Record& record, Instant now) {
  set_wait(record, {strategy::WaitKind::nothing, "the look at what was asked for", {}, {}}, now);
}

// Opens every approval that is waited for; false when there is none.
bool approve_all(Change& change, const Word& word, Instant now) {
  bool any = false;
  for (GateRun& gate : change.record.gates) {
    if (gate.name != "approval" || gate.state == strategy::GateState::open) continue;
    gate.state = strategy::GateState::open;
    gate.reason = because(word, "approved");
    gate.since = now;
    any = true;
  }
  if (any) set_no_wait(change.record, now);
  return any;
}

Result<Change> hand_over(const Record& record, const Word& word, strategy::Command what, const std::string& text,
                         Instant now) {
  if (record.commands.size() >= kMaxCommands) {
    return Status(Code::resource_exhausted, "rollout " + record.rollout.id + " has " + std::to_string(kMaxCommands) +
                                                " commands that its strategy has not seen yet; try again later");
  }
  Change change = command(record, word, text);
  change.record.commands.push_back(what);
  set_no_wait(change.record, now);
  return change;
}

Result<Change> end_watch(const Record& record, const Word& word, Instant now) {
  if (record.phase == Phase::finishing) return refusal(record, word, "the old replicas are leaving already");
  Change change = command(record, word, "the watch was ended");
  finish_watch(change, now);
  return change;
}

Change hasten_by(const Record& record, const Word& word, const provider::Observation& world, Instant now) {
  const Haste haste = word.action != Action::promote && word.request.full ? Haste::forced : Haste::instant;
  const std::string what = haste == Haste::forced ? "the rest was forced" : "the rest was made instant";
  Change change = hasten(record, because(word, what), haste, world, now);
  change.by = word.by;
  return change;
}

Result<Change> promote_by(const Record& record, const Word& word, const provider::Observation& world, Instant now) {
  if (record.rollout.state == State::verifying) return end_watch(record, word, now);
  // A rollback to a chosen release.
  const bool returning = record.phase == Phase::returning && record.rollout.state == State::progressing;
  if (returning && word.request.full && goes_by_shifts(record, now)) return hasten_by(record, word, world, now);
  const bool stepping = record.phase == Phase::stepping && record.rollout.state == State::progressing;
  if (!stepping && record.phase != Phase::gates) return refusal(record, word, "it can't be promoted");
  Change approval = command(record, word, "approved");
  const bool approved = approve_all(approval, word, now);
  if (record.phase == Phase::gates)
    return approved ? Result<Change>(approval) : refusal(record, word, "it waits for a gate that only opens by itself");
  if (word.request.full) {
    auto change = hand_over(record, word, strategy::Command::promote_fully, "promoted to the end", now);
    if (!change.ok()) return change;
    approve_all(*change, word, now);
    change->record.approved_by = word.by.empty() ? "somebody" : word.by;
    return change;
  }
  return approved ? Result<Change>(approval)
                  : hand_over(record, word, strategy::Command::promote, "promoted by one step", now);
}

Result<Change> approve_by(const Record& record, const Word& word, Instant now) {
  Change change = command(record, word, "approved");
  change.kind = "gate";
  if (approve_all(change, word, now)) return change;
  return refusal(record, word, "no approval is waited for");
}

Result<Change> pause_by(const Record& record, const Word& word, Instant now) {
  if (record.rollout.state == State::paused) return refusal(record, word, "it is paused already");
  if (record.phase != Phase::stepping) return refusal(record, word, "only a rollout that moves forward can be paused");
  Change change = command(record, word, "paused");
  change.record.rollout.state = State::paused;
  change.record.paused_at = now;
  change.events.emplace_back("rollout.paused");
  set_wait(change.record, {strategy::WaitKind::approval, "somebody to resume it", "it goes on where it was", {}}, now);
  return change;
}

Result<Change> resume_by(const Record& record, const Word& word, Instant now) {
  if (record.rollout.state != State::paused) return refusal(record, word, "it is not paused");
  Change change = command(record, word, "resumed");
  change.record.rollout.state = State::progressing;
  change.record.stood_still = record.stood_still + (now - *record.paused_at);
  change.record.paused_at.reset();
  change.events.emplace_back("rollout.resumed");
  set_no_wait(change.record, now);
  return change;
}

Result<Change> skip_by(const Record& record, const Word& word, Instant now) {
  if (record.rollout.state == State::verifying) return end_watch(record, word, now);
  if (record.rollout.state != State::progressing || record.phase != Phase::stepping)
    return refusal(record, word, "there is no step to skip");
  return hand_over(record, word, strategy::Command::skip, "step skipped", now);
}

// Nothing of the new release has been ordered yet.
Result<Change> end_unbegun(const Record& record, const Word& word, Instant now) {
  Change change = command(record, word, "ended before it began");
  end(change, record.rollout.from_release.empty() ? State::failed : State::rolled_back, now);
  return change;
}

Result<Change> abort_by(const Record& record, const Word& word, const provider::Observation& world, Instant now) {
  const Rollout& rollout = record.rollout;
  const bool turned = rollout.state == State::rolling_back;
  const bool can_be_forced = word.request.full && is_on_its_way(record) && record.retreat->haste != Haste::forced;
  if (turned && !goes_by_shifts(record, now) && !can_be_forced)
    return refusal(record, word, "it goes back already, as fast as replicas are ready");
  if (!word.request.to.empty() && word.request.to != rollout.from_release) {
    return refusal(
        record, word,
        "it can only go back to " +
            (rollout.from_release.empty() ? "nothing, as no release has served before" : rollout.from_release) +
            "; to go to " + word.request.to + " abort it, then roll back");
  }
  if (turned) return hasten_by(record, word, world, now);
  if (record.phase == Phase::gates) return end_unbegun(record, word, now);
  if (rollout.state == State::verifying && rollout.from_release.empty()) {
    return refusal(record, word,
                   rollout.to_release + " is the first release and serves all traffic, there is nothing to go back to");
  }
  const std::string what = word.action == Action::abort ? "aborted" : "rolled back";
  std::string reason = because(word, word.request.full ? what + " and forced" : what);
  const Haste haste = word.request.full ? Haste::forced : Haste::planned;
  Change change = record.phase == Phase::clearing ? give_up_clearing(record, std::move(reason), haste, now)
                                                  : turn_back(record, std::move(reason), world, now, haste);
  change.by = word.by;
  return change;
}

}  // namespace

std::string possible_in(State state) {
  switch (state) {
    case State::pending:
      return "approve, promote, abort";
    case State::progressing:
      return "promote, approve, skip, pause, abort, rollback";
    case State::paused:
      return "resume, abort, rollback";
    case State::verifying:
      return "promote (ends the watch), abort, rollback";
    case State::rolling_back:
      return "abort, rollback (both make the rest instant, while it goes back gradually; with --full (API: full) one "
             "ready replica is enough)";
    case State::succeeded:
      return "rollback";
    case State::rolled_back:
      return "retry, rollback";
    case State::failed:
      return "retry, rollback";
    case State::superseded:
      return "rollback";
  }
  return "nothing";
}

Result<Change> obey(const Record& record, const Word& word, const provider::Observation& world, Instant now) {
  if (has_ended(record.rollout.state)) return refusal(record, word, "it has ended");
  switch (word.action) {
    case Action::promote:
      return promote_by(record, word, world, now);
    case Action::approve:
      return approve_by(record, word, now);
    case Action::pause:
      return pause_by(record, word, now);
    case Action::resume:
      return resume_by(record, word, now);
    case Action::skip:
      return skip_by(record, word, now);
    case Action::abort:
    case Action::rollback:
      return abort_by(record, word, world, now);
    case Action::retry:
      return refusal(record, word, "it has not ended");
  }
  return refusal(record, word, "it can't be done");
}

}  // namespace slipway::rollout
