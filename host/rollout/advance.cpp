#include "host/rollout/advance.hpp"

#include <algorithm>
#include <set>

#include "host/rollout/baseline.hpp"
#include "host/rollout/windows.hpp"

namespace slipway::rollout {
namespace {

bool is_role(std::string_view role) {
  return role == strategy::kStable || role == strategy::kNext || role == strategy::kBaseline;
}
// Of the roles only "next" needs no release that was there before.
bool needs_stable(std::string_view role) { return role != strategy::kNext; }

std::string release_of(const Record& record, std::string_view role) {
  const Rollout& rollout = record.rollout;
  if (role == strategy::kBaseline) return baseline_of(rollout.from_release);
  return role == strategy::kStable ? rollout.from_release : rollout.to_release;
}

std::string fault_of_groups(const strategy::StepReply& reply, const Record& record) {
  std::uint64_t sum = 0;
  std::set<std::string> roles;
  for (const strategy::Group& group : reply.groups) {
    sum += group.weight;
    const std::string named = "it names the group \"" + group.role + "\"";
    if (!is_role(group.role))
      return "it names a group \"" + group.role + "\"; there are \"stable\", \"next\" and \"baseline\"";
    if (needs_stable(group.role) && record.rollout.from_release.empty())
      return named + ", but no release is stable yet";
    if (!roles.insert(group.role).second) return named + " twice";
  }
  if (sum != 0 && sum != kAllTraffic) return "its weights add up to " + std::to_string(sum) + ", not to 1000000 or 0";
  if (!roles.contains(std::string(strategy::kBaseline))) return {};
  if (!roles.contains(std::string(strategy::kNext))) return "it names the group \"baseline\" without \"next\"";
  return reply.outcome == strategy::Outcome::promoted ? "it promotes and keeps the group \"baseline\"" : "";
}

bool same_wanted(const strategy::AnalysisWanted& a, const strategy::AnalysisWanted& b) {
  return a.name == b.name && a.role == b.role && a.baseline == b.baseline && a.run == b.run;
}

// Replicas without which the group's weight does not rise. On the way back to stable one is enough: what is there of it
// serves better than what is left.
std::int32_t carriers_of(const strategy::Group& group) {
  const bool goes_back = group.role == strategy::kStable;
  return goes_back ? 1 : std::max(1, std::min(group.carriers.value_or(group.replicas), group.replicas));
}

// What a weight that rises waits for; empty when the replicas that carry it are ready.
std::string missing_carriers(const strategy::Group& wanted, const OrderedGroup& group, const Order& before,
                             const provider::Observation& world) {
  const OrderedGroup* old = group_of(before, group.role);
  if (group.weight <= (old == nullptr ? 0 : old->weight)) return {};
  const auto* seen = seen_of(world, group.release);
  const std::int32_t ready = seen == nullptr ? 0 : seen->ready;
  const std::int32_t needed = carriers_of(wanted);
  if (ready >= needed) return {};
  if (needed == 1) return "a replica of " + group.release + " to be ready";
  return std::to_string(needed) + " replicas of " + group.release + " to be ready, of which " + std::to_string(ready) +
         (ready == 1 ? " is" : " are");
}

// The weights as they were, and of each group the larger number of replicas.
void hold_weights(Order& order, const Order& before) {
  for (OrderedGroup& group : order.groups) {
    const OrderedGroup* old = group_of(before, group.role);
    group.weight = old == nullptr ? 0 : old->weight;
    if (old != nullptr) group.replicas = std::max(group.replicas, old->replicas);
  }
  for (const OrderedGroup& old : before.groups) {
    if (group_of(order, old.role) == nullptr) order.groups.push_back(old);
  }
}

bool same_gates(const std::vector<GateRun>& a, const std::vector<GateRun>& b) {
  return std::equal(a.begin(), a.end(), b.begin(), b.end(),
                    [](const GateRun& x, const GateRun& y) { return x.name == y.name && x.action == y.action; });
}
bool same_runs(const std::vector<AnalysisRun>& a, const std::vector<AnalysisRun>& b) {
  return std::equal(a.begin(), a.end(), b.begin(), b.end(),
                    [](const AnalysisRun& x, const AnalysisRun& y) { return same_wanted(x.wanted, y.wanted); });
}

}  // namespace

strategy::StepRequest question(const Record& record, const provider::Observation& world, Instant now) {
  const Duration shift = record.stood_still + (record.paused_at ? now - *record.paused_at : Duration{});
  strategy::StepRequest request{.settings = record.rollout.strategy.settings,
                                .state = record.strategy_state,
                                .now = now - shift,
                                .has_stable = !record.rollout.from_release.empty()};
  strategy::Observation& seen = request.observation;
  seen.replicas = record.spec.replicas;
  seen.converged = world.converged && world.generation == record.order.generation;
  for (const OrderedGroup& ordered : record.order.groups) {
    const auto* group = seen_of(world, ordered.release);
    if (group == nullptr) continue;
    seen.groups.push_back(*group);
    seen.groups.back().role = ordered.role;
    for (Instant& since : seen.groups.back().ready_since) since = since - shift;
  }
  for (const AnalysisRun& run : record.runs) {
    seen.analyses.push_back({.name = run.wanted.name,
                             .finding = run.status.finding,
                             .reason = run.status.reason,
                             .since = run.status.since - shift,
                             .run = run.wanted.run,
                             .unmeasured = unmeasured(run, record.spec)});
  }
  for (const GateRun& gate : record.gates) {
    if (gate.action == gate::Action::advance) seen.gates.push_back({gate.name, gate.state, gate.reason});
  }
  seen.commands = record.commands;
  return request;
}

std::string fault_of(const strategy::StepReply& reply, const Record& record) {
  if (reply.outcome == strategy::Outcome::failed) return {};
  if (std::string fault = fault_of_groups(reply, record); !fault.empty()) return fault;
  const auto size = reply.state.text.size();
  if (size > 16 * 1024) return "its state has " + std::to_string(size) + " bytes, at most 16384 are allowed";
  for (const auto& wanted : reply.analyses) {
    const auto& known = record.spec.analyses;
    if (std::none_of(known.begin(), known.end(), [&](const auto& spec) { return spec.name == wanted.name; })) {
      return "it wants the analysis \"" + wanted.name + "\", which the application doesn't have";
    }
  }
  if (reply.outcome != strategy::Outcome::promoted) return {};
  const auto next =
      std::find_if(reply.groups.begin(), reply.groups.end(), [](const auto& g) { return g.role == strategy::kNext; });
  return next != reply.groups.end() && next->weight == kAllTraffic ? std::string()
                                                                   : "it promotes without all traffic on \"next\"";
}

NextOrder next_order(const strategy::StepReply& reply, const Record& record, const provider::Observation& world) {
  NextOrder next{.order = {.generation = record.order.generation, .routes = reply.routes, .mirror = reply.mirror}};
  for (const strategy::Group& wanted : reply.groups) {
    const OrderedGroup& group = next.order.groups.emplace_back(
        OrderedGroup{wanted.role, release_of(record, wanted.role), wanted.replicas, wanted.weight});
    if (next.held.empty()) next.held = missing_carriers(wanted, group, record.order, world);
  }
  if (!next.held.empty()) hold_weights(next.order, record.order);
  return next;
}

std::vector<AnalysisRun> runs_for(const Record& record, const std::vector<strategy::AnalysisWanted>& wanted,
                                  Instant now, AlphaBudget& alpha) {
  std::vector<AnalysisRun> runs;
  for (const auto& want : wanted) {
    const auto old = std::find_if(record.runs.begin(), record.runs.end(),
                                  [&](const auto& run) { return same_wanted(run.wanted, want); });
    if (old != record.runs.end()) {
      runs.push_back(*old);
      continue;
    }
    AnalysisRun& run = runs.emplace_back(AnalysisRun{.wanted = want});
    run.status.name = want.name;
    run.status.since = now;
    run.status.alpha_share = take_share(alpha, want.name);
    const auto spec = std::find_if(record.spec.analyses.begin(), record.spec.analyses.end(),
                                   [&](const auto& a) { return a.name == want.name; });
    run.begin = now + (spec == record.spec.analyses.end() ? Duration{} : spec->initial_delay);
  }
  return runs;
}

std::vector<GateRun> gates_for(const Record& record, const std::vector<strategy::GateWanted>& wanted, Instant now) {
  std::vector<GateRun> gates;
  for (const auto& want : wanted) {
    const auto old = std::find_if(record.gates.begin(), record.gates.end(), [&](const GateRun& gate) {
      return gate.action == gate::Action::advance && gate.name == want.name && gate.message == want.message;
    });
    if (old != record.gates.end()) {
      gates.push_back(*old);
    } else {
      gates.push_back({.name = want.name, .settings = Json::object(), .message = want.message, .since = now});
    }
  }
  for (const GateRun& gate : record.gates) {
    if (gate.action != gate::Action::advance) gates.push_back(gate);
  }
  return gates;
}

Advance advance(const Record& record, const strategy::StepReply& reply, NextOrder wanted, Instant now) {
  Advance result{.waiting = reply.wait};
  AlphaBudget alpha = record.alpha;
  std::vector<AnalysisRun> runs = runs_for(record, reply.analyses, now, alpha);
  std::vector<GateRun> gates = gates_for(record, reply.gates, now);
  if (!wanted.held.empty()) {
    result.waiting = {strategy::WaitKind::replicas, wanted.held, "shift the traffic", {}};
  } else if (result.waiting.until) {
    result.waiting.until = *result.waiting.until + record.stood_still;
  }
  const bool moved = !same_order(wanted.order, record.order) || reply.step != record.rollout.step;
  const bool asks = !same_runs(runs, record.runs) || !same_gates(gates, record.gates);
  const bool silent =
      reply.state != record.strategy_state || !record.commands.empty() || reply.steps != record.rollout.steps;
  if (!moved && !asks && !silent) return result;
  Change& change = result.change.emplace(Change{.record = record, .reason = reply.reason});
  if (moved || asks) change.kind = "step";
  if (moved) change.events.emplace_back("rollout.progressed");
  Record& next = change.record;
  next.order = std::move(wanted.order);
  next.runs = std::move(runs);
  next.alpha = std::move(alpha);
  next.gates = std::move(gates);
  next.strategy_state = reply.state;
  next.rollout.step = reply.step;
  next.rollout.steps = reply.steps;
  next.commands.clear();
  set_wait(next, result.waiting, now);
  return result;
}

}  // namespace slipway::rollout
