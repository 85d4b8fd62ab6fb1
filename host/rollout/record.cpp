#include "host/rollout/record.hpp"

#include <algorithm>

#include "host/rollout/baseline.hpp"

namespace slipway::rollout {

namespace {

bool runs_in(const provider::Observation& world, std::string_view release) {
  return std::any_of(world.groups.begin(), world.groups.end(), [&](const auto& group) {
    return group.release == release && (group.running > 0 || !group.role.empty());
  });
}

}  // namespace

bool same_order(const Order& a, const Order& b) {
  return a.groups == b.groups && a.routes == b.routes && a.mirror == b.mirror;
}

const OrderedGroup* group_of(const Order& order, std::string_view role) {
  const auto found =
      std::find_if(order.groups.begin(), order.groups.end(), [&](const auto& g) { return g.role == role; });
  return found == order.groups.end() ? nullptr : &*found;
}

const provider::ObservedGroup* seen_of(const provider::Observation& world, std::string_view release) {
  for (const auto& group : world.groups) {
    if (group.release == release && !group.role.empty()) return &group;
  }
  return nullptr;
}

bool same_weights(const provider::Observation& a, const provider::Observation& b) {
  return std::equal(a.groups.begin(), a.groups.end(), b.groups.begin(), b.groups.end(),
                    [](const auto& x, const auto& y) { return x.release == y.release && x.weight == y.weight; });
}

bool still_there(const provider::Observation& world, std::string_view release) {
  return runs_in(world, release) || baseline_there(world, release);
}

bool baseline_there(const provider::Observation& world, std::string_view release) {
  return runs_in(world, baseline_of(release));
}

Order steady_order(const std::string& release, std::int32_t replicas, std::int64_t generation) {
  Order order{.generation = generation};
  if (!release.empty()) order.groups.push_back({std::string(strategy::kStable), release, replicas, kAllTraffic});
  return order;
}

void set_wait(Record& record, strategy::Wait wait, Instant now) {
  if (wait.kind != record.wait.kind || wait.next != record.wait.next || record.wait_since.ns == 0)
    record.wait_since = now;
  record.wait = std::move(wait);
}

void end(Change& change, State state, Instant now) {
  Record& record = change.record;
  record.rollout.state = state;
  record.rollout.ended_at = now;
  record.phase = Phase::over;
  record.runs.erase(std::remove_if(record.runs.begin(), record.runs.end(),
                                   [](const auto& run) { return run.status.measurements == 0; }),
                    record.runs.end());
  record.commands.clear();
  set_wait(record, {}, now);
  change.events.push_back("rollout." + std::string(to_name(state)));
}

}  // namespace slipway::rollout
