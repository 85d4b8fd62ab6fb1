#include "host/rollout/promotion.hpp"

#include <algorithm>

#include "host/rollout/advance.hpp"
#include "host/rollout/retreat.hpp"
#include "host/rollout/windows.hpp"

namespace slipway::rollout {
namespace {

const AnalysisRun* failed_run(const Record& record) {
  const auto found = std::find_if(record.runs.begin(), record.runs.end(),
                                  [](const auto& run) { return run.status.finding == strategy::Finding::failed; });
  return found == record.runs.end() ? nullptr : &*found;
}

// Nobody knows yet whether the release is good: missing data is no success.
std::optional<strategy::Wait> undecided(const Record& record) {
  for (const AnalysisRun& run : record.runs) {
    const AnalysisStatus& status = run.status;
    const std::string why = status.reason.empty() ? "" : ": " + status.reason;
    if (status.finding == strategy::Finding::held)
      return strategy::Wait{strategy::WaitKind::analysis,
                            "a person, for the analysis " + status.name + " is held" + why,
                            "promote ends the watch, abort goes back",
                            {}};
    if (unmeasured(run, record.spec))
      return strategy::Wait{strategy::WaitKind::analysis,
                            "the first measurement of the analysis " + status.name + why,
                            "the end of the watch",
                            {}};
  }
  return std::nullopt;
}

Change failed_watch(const Record& record, const AnalysisRun& run, const provider::Observation& world, Instant now) {
  const std::string reason = "the analysis " + run.wanted.name + " failed after promotion: " + run.status.reason;
  if (!record.rollout.from_release.empty()) return turn_back(record, reason, world, now);
  Change change{
      .record = record,
      .kind = "ended",
      .reason = reason + "; no release has served before, so " + record.rollout.to_release + " goes on serving"};
  change.record.order = steady_order(record.rollout.to_release, record.spec.replicas, record.order.generation);
  end(change, State::failed, now);
  return change;
}

Change succeeded(const Record& record, Instant now) {
  Change change{
      .record = record, .kind = "ended", .reason = record.rollout.to_release + " serves all traffic", .good = true};
  end(change, State::succeeded, now);
  return change;
}

}  // namespace

std::vector<strategy::AnalysisWanted> wanted_after(const ApplicationSpec& spec) {
  std::vector<strategy::AnalysisWanted> wanted;
  if (spec.verification.period.ns == 0) return wanted;
  for (const AnalysisSpec& analysis : spec.analyses) {
    const auto& chosen = spec.verification.analyses;
    const bool watches = chosen.empty() || std::find(chosen.begin(), chosen.end(), analysis.name) != chosen.end();
    if (watches) wanted.push_back({.name = analysis.name, .run = "verification"});
  }
  return wanted;
}

std::vector<GateRun> gates_at(const ApplicationSpec& spec, GateMoment moment, Instant now) {
  std::vector<GateRun> gates;
  for (const GateSpec& gate : spec.gates) {
    if (gate.at != moment) continue;
    const auto action = moment == GateMoment::start ? gate::Action::start : gate::Action::promote;
    gates.push_back(
        {.name = gate.gate, .action = action, .settings = gate.settings, .message = gate.message, .since = now});
  }
  return gates;
}

const GateRun* first_shut(const std::vector<GateRun>& gates, gate::Action action) {
  const auto found = std::find_if(gates.begin(), gates.end(), [&](const GateRun& gate) {
    return gate.action == action && gate.state != strategy::GateState::open;
  });
  return found == gates.end() ? nullptr : &*found;
}

Change promote(const Record& record, const strategy::StepReply& reply, Order order, const provider::Observation& world,
               Instant now) {
  Change change{.record = record, .kind = "step", .reason = reply.reason, .stable_release = record.rollout.to_release};
  Record& next = change.record;
  next.order = std::move(order);
  next.order.routes.clear();
  next.order.mirror.reset();
  next.strategy_state = {};
  next.rollout.step = reply.step;
  next.rollout.steps = reply.steps;
  next.rollout.state = State::verifying;
  next.phase = Phase::watching;
  next.commands.clear();
  next.gates.clear();
  next.runs = runs_for(record, wanted_after(record.spec), now, next.alpha);
  next.watch_until = now + record.spec.verification.period;
  next.keep_until = group_of(next.order, strategy::kStable) == nullptr ? now : now + reply.keep_stable;
  change.events.emplace_back("rollout.promoted");
  strategy::Wait waiting;
  if (const auto more = watch(next, world, now, waiting); more && more->record.phase == Phase::finishing)
    next = more->record;
  set_wait(next, next.phase == Phase::finishing ? next.wait : waiting, now);
  return change;
}

Duration unwatched(const Record& record, Duration away, Instant now) {
  const Duration begun_ago = now - (*record.watch_until - record.spec.verification.period);
  return std::clamp(away, nanoseconds(0), std::max(begun_ago, nanoseconds(0)));
}

void finish_watch(Change& change, Instant now) {
  Record& next = change.record;
  next.phase = Phase::finishing;
  next.watch_until = next.keep_until = now;
  next.runs.clear();
  next.order = steady_order(next.rollout.to_release, next.spec.replicas, next.order.generation);
  set_wait(next, {strategy::WaitKind::replicas, "the old replicas to leave", "the end", {}}, now);
}

std::optional<Change> watch(const Record& record, const provider::Observation& world, Instant now,
                            strategy::Wait& waiting) {
  if (const AnalysisRun* run = failed_run(record)) return failed_watch(record, *run, world, now);
  if (record.phase == Phase::finishing) {
    waiting = record.wait;
    const std::string& old = record.rollout.from_release;
    const bool gone = old.empty() || !still_there(world, old);
    if (gone && world.generation == record.order.generation) return succeeded(record, now);
    return std::nullopt;
  }
  const bool watched = now < *record.watch_until;
  // A first release has nothing to go back to.
  if (!watched && !record.rollout.from_release.empty()) {
    if (auto wait = undecided(record)) {
      waiting = *std::move(wait);
      return std::nullopt;
    }
  }
  if (!watched && now >= *record.keep_until) {
    const bool had_watch = record.spec.verification.period.ns > 0;
    Change change{.record = record,
                  .kind = "verified",
                  .reason = had_watch ? "the watch over " + record.rollout.to_release + " has ended without a failure"
                                      : "the old replicas have been kept for as long as they should"};
    finish_watch(change, now);
    return change;
  }
  waiting = {strategy::WaitKind::time,
             watched ? "the end of the watch over " + record.rollout.to_release
                     : "the time that the old replicas are kept for a quick return",
             "the old replicas are removed", std::max(*record.watch_until, *record.keep_until)};
  if (watched && *record.watch_until < *record.keep_until) waiting.until = record.watch_until;
  return std::nullopt;
}

}  // namespace slipway::rollout
