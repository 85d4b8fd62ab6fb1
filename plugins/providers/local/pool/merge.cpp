#include "plugins/providers/local/pool/merge.hpp"

#include <algorithm>

#include "plugins/providers/local/pool/split.hpp"

namespace slipway::local {
namespace {

using provider::Observation;
using provider::ObservedGroup;

ObservedGroup& group_of(Observation& whole, const std::string& release) {
  const auto found = std::ranges::find(whole.groups, release, &ObservedGroup::release);
  if (found != whole.groups.end()) return *found;
  whole.groups.emplace_back().release = release;
  return whole.groups.back();
}

std::string told_by(const std::string& machine, const std::string& text) { return "machine " + machine + ": " + text; }

void add(ObservedGroup& sum, const ObservedGroup& part, const std::string& machine) {
  sum.running += part.running;
  sum.ready += part.ready;
  sum.crashing += part.crashing;
  sum.restarts += part.restarts;
  sum.in_flight += part.in_flight;
  sum.ready_since.insert(sum.ready_since.end(), part.ready_since.begin(), part.ready_since.end());
  sum.addresses.insert(sum.addresses.end(), part.addresses.begin(), part.addresses.end());
  if (sum.problem.empty() && !part.problem.empty()) sum.problem = told_by(machine, part.problem);
}

// Means lose a part when they are cut; the largest share gets it, so that they still add up.
void level_weights(Observation& whole, const std::vector<Report>& reports) {
  std::map<std::string, std::uint64_t> sums;
  std::uint64_t all = 0;
  for (const Report& report : reports) {
    for (const ObservedGroup& group : report.seen.groups) {
      sums[group.release] += group.weight;
      all += group.weight;
    }
  }
  if (reports.empty()) return;
  std::uint64_t given = 0;
  for (ObservedGroup& group : whole.groups) {
    group.weight = static_cast<std::uint32_t>(sums[group.release] / reports.size());
    given += group.weight;
  }
  const auto largest = std::ranges::max_element(whole.groups, {}, &ObservedGroup::weight);
  if (largest != whole.groups.end()) largest->weight += static_cast<std::uint32_t>(all / reports.size() - given);
}

// Whether the machine's edge has come to terms with what each other one offers now.
bool has_heard(const Report& report, const std::vector<Report>& reports) {
  return std::ranges::all_of(reports, [&](const Report& other) {
    if (other.machine == report.machine) return true;
    const auto heard = report.heard.find(other.machine);
    return heard != report.heard.end() && heard->second == other.offers_number;
  });
}

}  // namespace

Observation merged(const Order& order, const std::vector<Report>& reports) {
  Observation whole;
  whole.generation = order.desired.generation;
  whole.converged = !reports.empty();
  for (const provider::DesiredGroup& wanted : order.desired.groups) {
    ObservedGroup& group = group_of(whole, wanted.release.version);
    group.role = wanted.role;
    group.replicas = wanted.replicas;
    const std::int32_t placed = replicas_of(order.shares, wanted.release.version);
    if (placed == wanted.replicas) continue;
    whole.converged = false;
    group.problem = std::to_string(wanted.replicas - placed) + " of " + std::to_string(wanted.replicas) +
                    " replicas have no machine; the pool's machines that are alive have no room for them";
  }
  for (const Report& report : reports) {
    const bool done = report.seen.converged && report.revision == order.revision && has_heard(report, reports);
    whole.converged = whole.converged && done;
    for (const ObservedGroup& group : report.seen.groups) add(group_of(whole, group.release), group, report.machine);
    for (const std::string& problem : report.seen.problems) whole.problems.push_back(told_by(report.machine, problem));
  }
  level_weights(whole, reports);
  return whole;
}

}  // namespace slipway::local
