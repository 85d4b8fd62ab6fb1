#include "host/rollout/start.hpp"

#include <algorithm>

#include "host/rollout/promotion.hpp"
#include "host/rollout/retreat.hpp"

namespace slipway::rollout {
namespace {

// Rollbacks ask nobody.
std::vector<GateRun> first_gates(const Rollout& rollout, const ApplicationSpec& spec, Instant now) {
  return rollout.kind == "rollback" ? std::vector<GateRun>() : gates_at(spec, GateMoment::start, now);
}

void prepare(Record& record, const Application& application, Instant now) {
  record.spec = application.spec;
  record.spec.strategy = {};  // the rollout has its own
  record.order = steady_order(application.stable_release, application.spec.replicas, application.generation);
  record.gates = first_gates(record.rollout, application.spec, now);
  const bool asks = !record.gates.empty();
  const strategy::Wait wait{asks ? strategy::WaitKind::gate : strategy::WaitKind::nothing,
                            asks ? "the gates before the start" : "its first step",
                            "start",
                            {}};
  set_wait(record, wait, now);
}

}  // namespace

Change begin(const Application& application, const Start& start, std::string id, Instant now) {
  const RolloutRequest& request = start.request;
  Change change{.record = {}, .kind = "started", .reason = request.reason, .by = start.by, .origin = start.origin};
  if (change.reason.empty()) change.reason = start.by.empty() ? "asked for" : "asked for by " + start.by;
  Rollout& rollout = change.record.rollout;
  rollout.id = std::move(id);
  rollout.tenant = application.tenant;
  rollout.created_at = now;
  rollout.application = application.spec.name;
  rollout.from_release = application.stable_release;
  rollout.to_release = request.release;
  rollout.strategy = start.strategy;
  rollout.reason = request.reason;
  rollout.started_by = start.by;
  rollout.kind = start.kind;
  rollout.traceparent = start.origin.traceparent;
  change.record.alpha = start.checked.alpha;
  change.record.granularity = start.checked.granularity;
  prepare(change.record, application, now);
  change.events.emplace_back("rollout.started");
  return change;
}

Change supersede(const Record& old, const Rollout& by, Instant now) {
  Change over{.record = old,
              .kind = "ended",
              .reason = "superseded by rollout " + by.id + " to " + by.to_release,
              .by = by.started_by};
  end(over, State::superseded, now);
  return over;
}

void clear_first(Record& fresh, const Record& old, Instant now) {
  const std::string& stable = fresh.rollout.from_release;
  const auto& groups = old.order.groups;
  const auto left = std::find_if(groups.begin(), groups.end(), [&](const auto& group) {
    return group.release != stable && group.role != strategy::kBaseline;
  });
  // The roles are those of the new rollout, and another order wants another number.
  if (left != groups.end() || !same_order(fresh.order, old.order)) fresh.order.generation = kUnnumbered;
  if (left == groups.end()) return;
  Retreat retreat{.home_role = std::string(strategy::kStable),
                  .home = stable,
                  .away_role = std::string(strategy::kNext),
                  .away = left->release,
                  .began = now,
                  .from_weight = left->weight,
                  .reason = "rollout " + old.rollout.id + " was superseded"};
  fresh.phase = Phase::clearing;
  fresh.order.groups = old.order.groups;
  give_roles(fresh.order, retreat);
  fresh.retreat = std::move(retreat);
  set_wait(fresh, {strategy::WaitKind::replicas, "the replicas of " + left->release + " to leave", "start", {}}, now);
}

Change again(const Rollout& before, const Application& application, Instant now) {
  Change change{.record = {.rollout = before}, .kind = "command", .reason = "tried again"};
  Rollout& rollout = change.record.rollout;
  rollout.state = State::pending;
  rollout.step = 0;
  rollout.attempt += 1;
  rollout.ended_at.reset();
  prepare(change.record, application, now);
  change.events.emplace_back("rollout.started");
  return change;
}

}  // namespace slipway::rollout
