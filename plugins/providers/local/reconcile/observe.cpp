// The half of Application that tells what is.
#include <algorithm>

#include "plugins/providers/local/reconcile/application.hpp"

namespace slipway::local {

using provider::DesiredGroup;
using provider::Observation;
using provider::ObservedGroup;

awaitable<Observation> Application::observe() {
  const Plan plan = make_plan(record_.desired, presence(), seen());
  Observation observation;
  observation.generation = record_.desired.generation;
  // The order too: header routes and mirroring may wait for HAProxy while the split is right already.
  const bool routed = !plan.split || (order_ && *order_ == order_of(*plan.split));
  const std::string hosts = tools_.replicas.proxy.hosts_problem(key());
  observation.converged = plan.complete && routed && hosts.empty() && tools_.replicas.proxy.problem().empty();
  std::vector<std::string> versions;
  for (const DesiredGroup& group : record_.desired.groups) versions.push_back(group.release.version);
  for (const auto& [id, replica] : replicas_) {
    if (std::ranges::find(versions, replica->record().release) == versions.end())
      versions.push_back(replica->record().release);
  }
  for (const std::string& version : versions) observation.groups.push_back(observed(version, plan));
  if (const std::string problem = tools_.replicas.proxy.problem(); !problem.empty())
    observation.problems.push_back(problem);
  if (!hosts.empty()) observation.problems.push_back(hosts);
  if (!problem_.empty()) observation.problems.push_back(problem_);

  for (ObservedGroup& group : observation.groups) {
    const auto name = backend_of(group.release);
    if (!name || !tools_.replicas.proxy.has_backend(*name)) continue;
    try {
      group.in_flight = static_cast<std::int64_t>(co_await tools_.replicas.proxy.requests_in(*name));
    } catch (const Error&) {
      group.in_flight = 0;  // told by the proxy's own problem
    }
  }
  co_return observation;
}

int Application::crash_loops() const {
  int count = 0;
  for (const auto& [id, replica] : replicas_) count += !replica->guest() && replica->crash_loop() ? 1 : 0;
  return count;
}

ObservedGroup Application::observed(const std::string& version, const Plan& plan) const {
  ObservedGroup group;
  group.release = version;
  for (const DesiredGroup& wanted : record_.desired.groups) {
    if (wanted.release.version != version || record_.removed) continue;
    group.role = wanted.role;
    group.replicas = wanted.replicas;
  }
  bool served = false;
  for (const auto& [id, replica] : replicas_) {
    if (replica->record().release != version) continue;
    served = served || (replica->serving() && !replica->record().leaving);
    if (replica->guest()) continue;
    group.running += replica->alive() ? 1 : 0;
    group.restarts += replica->record().restarts;
    if (replica->crash_loop()) ++group.crashing;
    if (group.problem.empty()) group.problem = replica->problem();
    if (!replica->serving() || replica->record().leaving) continue;
    ++group.ready;
    group.ready_since.push_back(replica->ready_since());
    group.addresses.push_back(replica->address());
  }
  for (const auto& [id, replica] : replicas_) {
    const bool missed = replica->guest() && replica->record().release == version && !replica->serving();
    if (missed && !replica->record().leaving && group.problem.empty() && !group.role.empty())
      group.problem = "HAProxy has not reached " + replica->address() + " on another machine yet";
  }
  for (const std::string& wait : plan.waits) {
    if (group.problem.empty() && wait.starts_with("release " + version + " ")) group.problem = wait;
  }
  const auto slot = slot_of(slots(), version);
  // A group without a ready replica gets nothing, whatever the map says: HAProxy passes its share on or refuses.
  if (split_ && slot && served) group.weight = split_->share(*slot);
  return group;
}

}  // namespace slipway::local
