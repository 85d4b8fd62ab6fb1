#include "host/rollout/view.hpp"

namespace slipway::rollout {
namespace {

std::string waits_text(const Record& record, const strategy::Wait& wait) {
  if (!wait.what.empty()) return wait.what;
  if (has_ended(record.rollout.state)) return "nothing";
  return wait.kind == strategy::WaitKind::nothing ? "the next look at the world" : std::string(to_name(wait.kind));
}

void add_world(Why& why, const provider::Observation& world) {
  for (const auto& group : world.groups) {
    if (!group.problem.empty()) why.details.push_back("release " + group.release + ": " + group.problem);
    if (group.crashing > 0)
      why.details.push_back("release " + group.release + ": " + std::to_string(group.crashing) +
                            (group.crashing == 1 ? " replica is" : " replicas are") + " in a crash loop");
  }
  for (const auto& problem : world.problems) why.details.push_back("provider: " + problem);
}

void add_runs(Why& why, const Record& record) {
  for (const AnalysisRun& run : record.runs) {
    if (!run.status.reason.empty()) why.details.push_back("analysis " + run.wanted.name + ": " + run.status.reason);
    for (const auto& text : run.status.warnings)
      why.details.push_back("analysis " + run.wanted.name + " warns: " + text);
  }
  for (const GateRun& gate : record.gates) {
    if (gate.state == strategy::GateState::open) continue;
    const std::string& words = gate.reason.empty() ? gate.message : gate.reason;
    why.details.push_back("gate " + gate.name + " is " + std::string(to_name(gate.state)) +
                          (words.empty() ? "" : ": " + words));
  }
}

Why why_of(const Record& record, const Live* live) {
  const strategy::Wait& wait =
      live != nullptr && live->waiting.kind != strategy::WaitKind::nothing ? live->waiting : record.wait;
  Why why{.waits_for = waits_text(record, wait),
          .since = record.wait_since,
          .until = wait.until,
          .next = wait.next,
          .reason = record.rollout.why.reason};
  if (has_ended(record.rollout.state)) {
    why.since = record.rollout.ended_at;
    return why;
  }
  if (live != nullptr) why.details = live->troubles;
  if (live != nullptr) why.host = live->host;
  if (!record.refused_version.empty()) {
    why.details.push_back("strategy " + record.rollout.strategy.name + " stays at " + record.strategy_version +
                          " for this rollout: " + record.refused_version +
                          " can't go on with it: " + record.refused_reason);
  }
  if (live != nullptr && !live->troubles.empty())
    why.next = "it is tried again" + (wait.next.empty() ? "" : ", then: " + wait.next);
  add_runs(why, record);
  if (live != nullptr && live->world != nullptr) add_world(why, *live->world);
  return why;
}

}  // namespace

std::vector<GroupStatus> group_status(const Order& order, const provider::Observation* world) {
  std::vector<GroupStatus> list;
  for (const OrderedGroup& group : order.groups) {
    GroupStatus& status = list.emplace_back(GroupStatus{
        .role = group.role, .release = group.release, .replicas = group.replicas, .wanted_weight = group.weight});
    if (world == nullptr) continue;
    const auto* seen = seen_of(*world, group.release);
    status.ready = seen == nullptr ? 0 : seen->ready;
    status.weight = seen == nullptr ? 0 : seen->weight;
    if (seen != nullptr) status.problem = seen->problem;
  }
  return list;
}

Rollout view(const Record& record, std::int64_t version, const Live* live) {
  Rollout shown = record.rollout;
  shown.version = std::to_string(version);
  for (const AnalysisRun& run : record.runs) shown.analyses.push_back(run.status);
  for (const GateRun& gate : record.gates) shown.gates.push_back({gate.name, gate.state, gate.reason});
  if (live != nullptr && live->world != nullptr) shown.groups = group_status(record.order, live->world);
  shown.why = why_of(record, live);
  return shown;
}

}  // namespace slipway::rollout
