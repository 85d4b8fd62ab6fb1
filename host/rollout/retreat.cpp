#include "host/rollout/retreat.hpp"

#include <algorithm>

namespace slipway::rollout {
namespace {

constexpr std::int64_t kShifts = 10;

std::int32_t ready_of(const provider::ObservedGroup* group) { return group == nullptr ? 0 : group->ready; }

std::string count_text(std::int32_t ready, std::int32_t wanted, const std::string& release) {
  return std::to_string(ready) + " of " + std::to_string(wanted) + " replicas of " + release + " to be ready";
}

// As the application has it, unless a person could not wait for that, or the provider can't split traffic.
RollbackSpec pace_of(const Record& record) {
  RollbackSpec pace = record.spec.rollback;
  if (record.retreat->haste != Haste::planned || record.granularity >= kAllTraffic) pace.mode = RollbackMode::instant;
  return pace;
}

// The most that home may have at this moment.
std::uint32_t moved_by_now(const Record& record, Instant now) {
  const std::uint32_t moved = planned(pace_of(record), now - record.retreat->began);
  return kAllTraffic -
         static_cast<std::uint32_t>(std::uint64_t{record.retreat->from_weight} * (kAllTraffic - moved) / kAllTraffic);
}

// What the provider can make of it.
std::uint32_t rounded_down(std::uint32_t weight, std::uint32_t granularity) {
  return weight == kAllTraffic ? weight : weight - weight % std::max(1U, granularity);
}

// The most that home may get with so many ready replicas.
std::uint32_t carried_by(const Record& record, std::int32_t ready) {
  if (record.retreat->haste == Haste::forced && ready > 0) return kAllTraffic;
  return bearable(ready, record.spec.replicas, record.spec.rollback.min_ready);
}

// How much of the traffic home shall have now, and a baseline beside it. The rest stays with away, and never grows.
struct Shares {
  std::uint32_t home = 0;
  std::uint32_t baseline = 0;
};
Shares shares_of(const Record& record, const provider::Observation& world, Instant now) {
  const Retreat& retreat = *record.retreat;
  const Order& order = record.order;
  const std::int32_t ready = ready_of(seen_of(world, retreat.home));
  const std::uint32_t carries = carried_by(record, ready);
  const OrderedGroup* twin = group_of(order, strategy::kBaseline);
  const std::uint32_t twin_had = twin == nullptr ? 0 : twin->weight;
  const bool twin_serves = twin_had > 0 && ready_of(seen_of(world, twin->release)) > 0;
  Shares shares{.home = carries, .baseline = twin_serves && carries < kAllTraffic ? twin_had : 0};
  const bool nobody_else = ready_of(seen_of(world, retreat.away)) == 0 && ready > 0;
  if (nobody_else) {
    shares.home = kAllTraffic;
  } else {
    shares.home = rounded_down(std::min(shares.home, moved_by_now(record, now)), record.granularity);
  }
  const OrderedGroup* ordered = group_of(order, retreat.home_role);
  if (ordered != nullptr && ordered->release == retreat.home)
    shares.home = std::max(shares.home, ordered->weight + twin_had - shares.baseline);
  shares.home = std::min(shares.home, kAllTraffic - shares.baseline);
  return shares;
}

bool is_quiet(const provider::Observation& world, const std::string& release) {
  const auto* seen = seen_of(world, release);
  return seen == nullptr || seen->weight == 0;
}

// Nothing is there to go back to: everything goes.
RetreatStep clear_all(const Retreat& retreat, const Order& order, const provider::Observation& world) {
  RetreatStep step{.order = order, .arrived = true};
  step.order = Order{.generation = order.generation};
  step.done = order.groups.empty() && !still_there(world, retreat.away);
  step.wait = {strategy::WaitKind::replicas, "the replicas of " + retreat.away + " to leave", "the end", {}};
  step.reason = "no release has served before: the replicas of " + retreat.away + " are removed";
  return step;
}

bool is_seen(const provider::Observation& world) { return world.generation > 0 || !world.groups.empty(); }

std::optional<Instant> next_shift(const Retreat& retreat, const RollbackSpec& spec, Instant now) {
  if (spec.mode == RollbackMode::instant) return std::nullopt;
  const std::int64_t pace = std::max<std::int64_t>(1, spec.over.ns / (kShifts - 1));
  return retreat.began + Duration{((now - retreat.began).ns / pace + 1) * pace};
}

}  // namespace

std::uint32_t bearable(std::int32_t ready, std::int32_t replicas, const Count& min_ready) {
  const std::int32_t enough = std::max(1, std::min(replicas, min_ready.of(replicas, Round::up)));
  if (ready >= enough) return kAllTraffic;
  return static_cast<std::uint32_t>(std::int64_t{kAllTraffic} * ready / std::max(1, replicas));
}

std::uint32_t planned(const RollbackSpec& spec, Duration after) {
  if (spec.mode == RollbackMode::instant || spec.over.ns <= 0) return kAllTraffic;
  const std::int64_t pace = std::max<std::int64_t>(1, spec.over.ns / (kShifts - 1));
  const std::int64_t shifts = std::clamp<std::int64_t>(after.ns / pace + 1, 1, kShifts);
  return static_cast<std::uint32_t>(kAllTraffic * shifts / kShifts);
}

void give_roles(Order& order, const Retreat& retreat) {
  for (OrderedGroup& group : order.groups) {
    if (group.role != strategy::kBaseline)
      group.role = group.release == retreat.home ? retreat.home_role : retreat.away_role;
  }
}

RetreatStep retreat_step(const Record& record, const provider::Observation& world, Instant now) {
  const Retreat& retreat = *record.retreat;
  const ApplicationSpec& spec = record.spec;
  const Order& order = record.order;
  if (retreat.home.empty()) return clear_all(retreat, order, world);
  RetreatStep step{.order = {.generation = order.generation}};
  const Shares shares = shares_of(record, world, now);
  const std::uint32_t weight = shares.home;
  const OrderedGroup* away = group_of(order, retreat.away_role);
  const OrderedGroup* twin = group_of(order, strategy::kBaseline);
  const bool away_ordered = away != nullptr && away->release == retreat.away;
  const bool quiet = world.generation == order.generation && is_quiet(world, retreat.away) &&
                     (twin == nullptr || is_quiet(world, twin->release));
  const bool keep_away = away_ordered && !(away->weight == 0 && weight == kAllTraffic && quiet);

  step.arrived = weight == kAllTraffic || !keep_away;
  if (keep_away) {
    step.order.groups.push_back({retreat.home_role, retreat.home, spec.replicas, weight});
    step.order.groups.push_back(
        {retreat.away_role, retreat.away, away->replicas, kAllTraffic - weight - shares.baseline});
    if (twin != nullptr) step.order.groups.push_back({twin->role, twin->release, twin->replicas, shares.baseline});
  } else {
    step.order = steady_order(retreat.home, spec.replicas, order.generation);
  }
  step.done =
      step.arrived && !away_ordered && !still_there(world, retreat.away) && !baseline_there(world, retreat.home);

  const std::int32_t ready = ready_of(seen_of(world, retreat.home));
  if (!step.arrived && carried_by(record, ready) == kAllTraffic) {
    step.wait = {strategy::WaitKind::time, "the next shift back", "more traffic to " + retreat.home,
                 next_shift(retreat, pace_of(record), now)};
    step.reason =
        share_to_string(weight) + " of the traffic goes to " + retreat.home + ", as the gradual way back has it";
  } else if (!step.arrived) {
    step.wait = {strategy::WaitKind::replicas,
                 count_text(ready, spec.replicas, retreat.home),
                 "all traffic to " + retreat.home,
                 {}};
    step.reason = share_to_string(weight) + " of the traffic goes to " + retreat.home + ": " +
                  (record.granularity < kAllTraffic ? "no more goes there before more of its replicas are ready"
                                                    : "the provider can't split it, so all goes once enough are ready");
  } else {
    step.wait = {strategy::WaitKind::replicas, "the replicas of " + retreat.away + " to leave", "the end", {}};
    step.reason =
        keep_away ? "all traffic goes to " + retreat.home : "the replicas of " + retreat.away + " are removed";
  }
  return step;
}

Change turn_back(const Record& record, std::string reason, const provider::Observation& world, Instant now,
                 Haste haste) {
  Change change{.record = record, .kind = "rollback", .reason = reason};
  Record& next = change.record;
  const Rollout& rollout = record.rollout;
  Retreat retreat{.home_role = std::string(strategy::kStable),
                  .home = rollout.from_release,
                  .away_role = std::string(strategy::kNext),
                  .away = rollout.to_release,
                  .began = now,
                  .reason = std::move(reason),
                  .haste = haste};
  // Once promoted and finishing, the new release has the role "stable"; on the way back the roles are as before.
  give_roles(next.order, retreat);
  for (const OrderedGroup& group : next.order.groups) {
    if (group.release == retreat.away) retreat.from_weight = group.weight;
  }
  next.phase = Phase::returning;
  next.rollout.state = State::rolling_back;
  next.paused_at.reset();
  next.commands.clear();
  next.gates.clear();
  // Who has not seen the world yet orders nothing: the first look gives the first order of the way back.
  strategy::Wait wait{strategy::WaitKind::replicas, "the first look at the replicas", "the way back", {}};
  next.retreat = std::move(retreat);
  if (is_seen(world)) {
    RetreatStep step = retreat_step(next, world, now);
    next.order = std::move(step.order);
    wait = std::move(step.wait);
  }
  set_wait(next, std::move(wait), now);
  if (!rollout.from_release.empty()) change.stable_release = rollout.from_release;
  change.events.emplace_back("rollout.rolling_back");
  return change;
}

Change give_up_clearing(const Record& record, std::string reason, Haste haste, Instant now) {
  Change change{.record = record, .kind = "rollback", .reason = std::move(reason)};
  Record& next = change.record;
  next.phase = Phase::returning;
  next.rollout.state = State::rolling_back;
  next.gates.clear();
  next.retreat->reason = change.reason;
  next.retreat->haste = std::max(next.retreat->haste, haste);
  strategy::Wait wait = record.wait;
  wait.next = "the end";
  set_wait(next, std::move(wait), now);
  change.events.emplace_back("rollout.rolling_back");
  return change;
}

std::optional<Change> go_back(const Record& record, const provider::Observation& world, Instant now,
                              strategy::Wait& waiting) {
  const RetreatStep step = retreat_step(record, world, now);
  waiting = step.wait;
  if (!step.done && same_order(step.order, record.order)) return std::nullopt;
  Change change{.record = record, .kind = "rollback", .reason = step.reason};
  change.record.order = step.order;
  set_wait(change.record, step.wait, now);
  const Retreat& retreat = *record.retreat;
  if (step.arrived && retreat.home == record.rollout.to_release) change.stable_release = retreat.home;
  if (!step.done) return change;

  if (record.phase == Phase::clearing) {
    change.record.phase = Phase::gates;
    change.record.retreat.reset();
    change.reason = "what the superseded rollout left behind is gone";
  } else if (retreat.home.empty()) {
    change.reason = retreat.reason;
    end(change, State::failed, now);
  } else if (retreat.home == record.rollout.to_release) {
    change.kind = "ended";
    change.reason = retreat.home + " serves all traffic again";
    change.good = true;
    end(change, State::succeeded, now);
  } else {
    change.kind = "ended";
    change.reason = "back at " + retreat.home + ": " + retreat.reason;
    end(change, State::rolled_back, now);
  }
  return change;
}

bool is_on_its_way(const Record& record) {
  if (!record.retreat || record.retreat->home.empty()) return false;
  const auto& groups = record.order.groups;
  return std::none_of(groups.begin(), groups.end(), [&](const OrderedGroup& group) {
    return group.release == record.retreat->home && group.weight == kAllTraffic;
  });
}

bool goes_by_shifts(const Record& record, Instant now) {
  return is_on_its_way(record) && planned(pace_of(record), now - record.retreat->began) < kAllTraffic;
}

Change hasten(const Record& record, const std::string& reason, Haste haste, const provider::Observation& world,
              Instant now) {
  Change change{.record = record, .kind = "rollback", .reason = reason};
  Retreat& retreat = *change.record.retreat;
  retreat.haste = std::max(retreat.haste, haste);
  strategy::Wait wait{
      strategy::WaitKind::replicas, "the first look at the replicas", "the rest of the way back at once", {}};
  auto step = is_seen(world) ? go_back(change.record, world, now, wait) : std::nullopt;
  if (step) {
    step->reason = reason + "; " + step->reason;
    return *step;
  }
  set_wait(change.record, std::move(wait), now);
  return change;
}

}  // namespace slipway::rollout
