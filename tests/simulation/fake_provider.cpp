#include "tests/simulation/fake_provider.hpp"

#include <algorithm>
#include <tuple>
#include <utility>

#include "host/rollout/baseline.hpp"

namespace slipway::sim {
namespace {

constexpr std::int64_t kNever = INT64_MAX;

std::string text_of(const provider::Desired& desired) {
  std::string text = desired.application + " order " + std::to_string(desired.generation) + ":";
  for (const auto& group : desired.groups) {
    text += " " + group.role + "=" + group.release.version + "x" + std::to_string(group.replicas) + "@" +
            std::to_string(group.weight);
  }
  for (const auto& route : desired.routes) text += " " + route.header + ":" + route.value + ">" + route.role;
  if (desired.mirror) text += " mirror " + std::to_string(desired.mirror->share) + ">" + desired.mirror->role;
  return text;
}

// Groups that get requests whatever their weight is.
std::vector<std::string> extra_traffic(const provider::Desired& desired) {
  std::vector<std::string> roles;
  for (const auto& route : desired.routes) roles.push_back(route.role);
  if (desired.mirror) roles.push_back(desired.mirror->role);
  return roles;
}

}  // namespace

provider::CapabilitiesReply FakeProvider::capabilities(const Empty&) { return able; }

provider::ValidateReply FakeProvider::validate(const provider::Desired& desired) {
  provider::ValidateReply reply;
  if (!cant_run.empty()) reply.problems.push_back(cant_run);
  for (const auto& group : desired.groups) {
    if (group.release.command.front() == "/missing") reply.problems.push_back("the program /missing does not exist");
  }
  return reply;
}

std::int32_t FakeProvider::ready(const Group& group) const {
  return static_cast<std::int32_t>(
      std::count_if(group.processes.begin(), group.processes.end(), [&](const auto& one) { return is_ready(one); }));
}

FakeProvider::Process FakeProvider::process(Duration start) const {
  return {time_.clock().steady_ns() + start.ns, time_.now() + start};
}

void FakeProvider::check_order(const App& app, const provider::Desired& desired) {
  std::uint64_t sum = 0;
  for (const auto& group : desired.groups) {
    sum += group.weight;
    const auto old = app.groups.find(group.release.version);
    const std::uint32_t weight = old == app.groups.end() ? 0 : old->second.weight;
    const std::int32_t can_serve = old == app.groups.end() ? 0 : ready(old->second);
    const bool first =
        std::all_of(app.groups.begin(), app.groups.end(), [](const auto& entry) { return entry.second.weight == 0; });
    if (group.weight > weight && can_serve == 0 && !first)
      violations_.push_back("weight rises before a replica is ready: " + text_of(desired));
  }
  const std::uint32_t smallest = able.weights ? able.weight_granularity : kAllTraffic;
  for (const auto& group : desired.groups) {
    if (group.weight % smallest != 0) violations_.push_back("a share that can't be given: " + text_of(desired));
  }
  for (const std::string& role : extra_traffic(desired)) {
    const auto target = std::find_if(desired.groups.begin(), desired.groups.end(),
                                     [&](const auto& group) { return group.role == role; });
    const auto old = target == desired.groups.end() ? app.groups.end() : app.groups.find(target->release.version);
    if (old == app.groups.end() || ready(old->second) == 0)
      violations_.push_back("a route or a mirror leads to nobody: " + text_of(desired));
  }
  if (sum != kAllTraffic && sum != 0)
    violations_.push_back("weights add up to " + std::to_string(sum) + ": " + text_of(desired));
}

Empty FakeProvider::apply(const provider::Desired& desired) {
  const Name name{desired.tenant, desired.application};
  const auto known = apps_.find(name);
  const std::int64_t token = known == apps_.end() ? forgotten_[name] : known->second.desired.token;
  const std::int64_t generation = known == apps_.end() ? 0 : known->second.desired.generation;
  const auto newer = std::tie(desired.token, desired.generation) <=> std::tie(token, generation);
  if (newer < 0) ++refused_;
  if (newer < 0) throw Error(Code::aborted, "order " + std::to_string(generation) + " is newer");
  App& app = apps_[name];
  if (desired.generation < app.desired.generation)
    violations_.push_back("the generation went back: " + text_of(desired));
  const bool repeated = desired.generation == app.desired.generation;
  if (repeated) {
    if (text_of(desired) != text_of(app.desired))
      violations_.push_back("another order under the same number: " + text_of(desired) + " after " +
                            text_of(app.desired));
    if (on_apply) on_apply(desired);
    app.desired.token = desired.token;
    return {};
  }
  if (std::exchange(tear_, false)) tear(name, desired);
  check_order(app, desired);
  if (on_apply) on_apply(desired);
  if (on_order) on_order(desired);
  orders_.push_back(desired);
  app.desired = desired;
  for (auto& [release, group] : app.groups) group.role.clear();
  for (const auto& group : desired.groups) {
    Group& mine = app.groups[group.release.version];
    mine.role = group.role;
    mine.weight = group.weight;
    scale(name, group.release.version, mine, group.replicas);
  }
  for (auto& [release, group] : app.groups) {
    if (!group.role.empty()) continue;
    group.weight = 0;
    scale(name, release, group, 0);
  }
  changed_(name.first, name.second);
  return {};
}

void FakeProvider::tear(const Name& name, const provider::Desired& desired) {
  App& app = apps_[name];
  for (const auto& group : desired.groups) {
    Group& mine = app.groups[group.release.version];
    if (mine.role.empty()) mine.role = group.role;
    scale(name, group.release.version, mine, std::max(group.replicas, mine.replicas));
  }
  throw Error(Code::unavailable, "the provider died on the way");
}

void FakeProvider::scale(const Name& name, const std::string& release, Group& group, std::int32_t replicas) {
  const Behaviour behaviour = behaviours_[rollout::kept_name(release)];
  group.replicas = replicas;
  while (static_cast<std::int32_t>(group.processes.size()) < replicas) {
    group.processes.push_back(behaviour.never_ready ? Process{kNever, {}} : process(behaviour.start));
    settle_later(name, behaviour.start);
  }
  const auto surplus = static_cast<std::int32_t>(group.processes.size()) - replicas;
  if (surplus <= 0) return;
  group.processes.resize(static_cast<std::size_t>(replicas));
  group.leaving += surplus;
  time_.after(behaviour.stop, [this, name, release, surplus] {
    const auto app = apps_.find(name);
    if (app == apps_.end()) return;
    const auto left = app->second.groups.find(release);
    if (left == app->second.groups.end()) return;  // of an application of this name that was removed
    left->second.leaving = std::max(0, left->second.leaving - surplus);
    if (left->second.role.empty() && left->second.leaving == 0) app->second.groups.erase(left);
    changed_(name.first, name.second);
  });
}

void FakeProvider::settle_later(const Name& name, Duration after) {
  time_.after(after, [this, name] { changed_(name.first, name.second); });
}

void FakeProvider::kill_replica(const std::string& tenant, const std::string& application, const std::string& release) {
  const Name name{tenant, application};
  const auto app = apps_.find(name);
  if (app == apps_.end()) return;
  const auto found = app->second.groups.find(release);
  if (found == app->second.groups.end() || found->second.processes.empty()) return;
  Group& group = found->second;
  const Duration start = behaviours_[rollout::kept_name(release)].start;
  group.processes.back() = process(start);
  settle_later(name, start);
  changed_(tenant, application);
}

provider::Observation FakeProvider::observe(const provider::Target& target) {
  const auto found = apps_.find({target.tenant, target.application});
  if (found == apps_.end()) throw Error(Code::not_found, "never applied");
  const App& app = found->second;
  provider::Observation seen{.generation = app.desired.generation, .converged = true};
  for (const auto& [release, group] : app.groups) {
    provider::ObservedGroup one{.role = group.role, .release = release, .replicas = group.replicas};
    one.ready = ready(group);
    one.running = static_cast<std::int32_t>(group.processes.size()) + group.leaving;
    for (const Process& process : group.processes) {
      if (!is_ready(process)) continue;
      one.ready_since.push_back(process.ready_since);
      one.addresses.push_back("10.0.0.1:" + std::to_string(8000 + one.addresses.size()));
    }
    one.weight = group.weight;
    seen.converged = seen.converged && one.ready == group.replicas && group.leaving == 0;
    seen.groups.push_back(std::move(one));
  }
  if (on_look) on_look(seen);
  return seen;
}

Empty FakeProvider::remove(const provider::Removal& removal) {
  const Name name{removal.tenant, removal.application};
  std::int64_t& token = forgotten_[name];
  const auto found = apps_.find(name);
  if (found != apps_.end()) token = std::max(token, found->second.desired.token);
  if (removal.token < token) {
    ++refused_;
    throw Error(Code::aborted, "a newer lease has ordered");
  }
  token = removal.token;
  apps_.erase(name);
  return {};
}

bool FakeProvider::knows(const std::string& application, const std::string& release) const {
  return std::any_of(apps_.begin(), apps_.end(), [&](const auto& entry) {
    return entry.first.second == application && entry.second.groups.contains(release);
  });
}

const provider::Desired* FakeProvider::desired(const std::string& tenant, const std::string& application) const {
  const auto found = apps_.find({tenant, application});
  return found == apps_.end() ? nullptr : &found->second.desired;
}

std::uint32_t FakeProvider::weight_of(const std::string& application, const std::string& release) const {
  for (const auto& [name, app] : apps_) {
    const auto group = app.groups.find(release);
    if (name.second == application && group != app.groups.end()) return group->second.weight;
  }
  return 0;
}

std::int32_t FakeProvider::ready_of(const std::string& application, const std::string& release) const {
  for (const auto& [name, app] : apps_) {
    const auto group = app.groups.find(release);
    if (name.second == application && group != app.groups.end()) return ready(group->second);
  }
  return 0;
}

}  // namespace slipway::sim
