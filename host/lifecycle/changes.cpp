#include "host/lifecycle/changes.hpp"

#include <algorithm>
#include <map>
#include <set>

#include "host/config/fault.hpp"

namespace slipway::lifecycle {
namespace {

constexpr std::size_t kMaxPaths = 64;

using manifest::StateKind;
using manifest::StateSchema;
using ByName = std::map<std::string, const PlannedInstance*>;

ByName by_name(const Plan& plan) {
  ByName names;
  for (const PlannedInstance& one : plan.instances) names[one.name] = &one;
  return names;
}

std::string title(const PlannedInstance& one) {
  return one.package.manifest.id + " " + base::to_string(one.package.manifest.version);
}

const StateSchema& state_of(const PlannedInstance& one) { return one.package.manifest.state; }

bool same_plugin(const PlannedInstance& a, const PlannedInstance& b) {
  return a.package.manifest.id == b.package.manifest.id;
}

bool reads(const PlannedInstance& reader, const PlannedInstance& writer) {
  const std::uint32_t written = state_of(writer).writes;
  return written == 0 || std::ranges::find(state_of(reader).reads, written) != state_of(reader).reads.end();
}

void add_differences(const Json& from, const Json& to, const std::string& path, std::vector<std::string>& paths) {
  if (from == to || paths.size() >= kMaxPaths) return;
  if (!from.is_object() || !to.is_object()) return paths.push_back(path.empty() ? "/" : path);
  std::set<std::string> names;
  for (const auto& [name, ignored] : from.items()) names.insert(name);
  for (const auto& [name, ignored] : to.items()) names.insert(name);
  for (const std::string& name : names) {
    const std::string inside = config::child_path(path, name);
    if (!from.contains(name) || !to.contains(name)) {
      paths.push_back(inside);
    } else {
      add_differences(from[name], to[name], inside, paths);
    }
  }
}

StateFate fate_of(const PlannedInstance& from, const PlannedInstance& to) {
  if (!same_plugin(from, to)) return state_of(from).kind == StateKind::stateless ? StateFate::none : StateFate::dropped;
  switch (state_of(from).kind) {
    case StateKind::external:
      return StateFate::external;
    case StateKind::snapshot:
      return state_of(to).kind == StateKind::snapshot ? StateFate::carried_over : StateFate::dropped;
    case StateKind::stateless:
      break;
  }
  return StateFate::none;
}

void add_notes(const PlannedInstance& from, const PlannedInstance& to, InstanceChange& change) {
  if (change.state == StateFate::dropped)
    change.notes.push_back("what " + title(from) + " knows is not handed to " + title(to));
  if (!same_plugin(from, to)) return;
  if (!reads(from, to))
    change.notes.push_back("can't be undone for state that is written meanwhile: " + title(to) + " writes version " +
                           std::to_string(state_of(to).writes) + ", which " + title(from) + " does not read");
  if (state_of(from).kind == StateKind::stateless && !reads(to, from))
    change.notes.push_back("rollouts under way stay with " + title(from) + ", whose state of version " +
                           std::to_string(state_of(from).writes) + " " + title(to) + " does not read");
}

std::optional<InstanceChange> difference(const PlannedInstance& from, const PlannedInstance& to) {
  InstanceChange change{.instance = to.name, .from = title(from), .to = title(to)};
  if (from.package.manifest_digest != to.package.manifest_digest) change.what.push_back(ChangeKind::swap);
  if (from.config != to.config) {
    change.what.push_back(ChangeKind::configure);
    add_differences(from.config, to.config, "", change.configuration);
  }
  change.permissions_gained = manifest::beyond(to.permissions, from.permissions);
  change.permissions_lost = manifest::beyond(from.permissions, to.permissions);
  if (!change.permissions_gained.empty() || !change.permissions_lost.empty()) change.what.push_back(ChangeKind::permit);
  if (from.placement != to.placement) change.what.push_back(ChangeKind::place);
  if (change.what.empty()) return std::nullopt;
  change.hand_over = hand_over_of(from, to);
  change.state = fate_of(from, to);
  add_notes(from, to, change);
  return change;
}

void check_state(const PlannedInstance& from, const PlannedInstance& to, Problems& problems) {
  if (!same_plugin(from, to) || state_of(from).kind == StateKind::stateless || reads(to, from)) return;
  std::string readable;
  for (const std::uint32_t version : state_of(to).reads)
    readable += (readable.empty() ? "" : ", ") + std::to_string(version);
  problems.push_back({config::child_path("/plugins", to.name), "",
                      title(to) + " reads state of version " + (readable.empty() ? "none" : readable) + ", " +
                          title(from) + " writes version " + std::to_string(state_of(from).writes) +
                          "; go over a version that reads it"});
}

InstanceChange added(const PlannedInstance& one) {
  return {.instance = one.name,
          .what = {ChangeKind::load},
          .to = title(one),
          .permissions_gained = manifest::beyond(one.permissions, {})};
}

InstanceChange ended(const PlannedInstance& one, ChangeKind kind) {
  InstanceChange change{.instance = one.name,
                        .what = {kind},
                        .from = title(one),
                        .permissions_lost = manifest::beyond(one.permissions, {})};
  if (state_of(one).kind == StateKind::external) change.state = StateFate::external;
  if (state_of(one).kind == StateKind::snapshot) {
    change.state = StateFate::dropped;
    change.notes.push_back("can't be undone: what " + title(one) + " knows ends with it");
  }
  return change;
}

std::map<std::string, std::string> bindings_of(const Plan& plan) {
  std::map<std::string, std::string> bindings;
  for (const PlannedInstance& one : plan.instances) {
    for (const std::string& binding : one.bindings) bindings[binding] = one.name;
  }
  return bindings;
}

std::vector<BindingChange> compare_bindings(const Plan& from, const Plan& to) {
  auto before = bindings_of(from);
  std::vector<BindingChange> changes;
  for (const auto& [name, instance] : bindings_of(to)) {
    if (before[name] != instance) changes.push_back({name, before[name], instance});
    before.erase(name);
  }
  for (const auto& [name, instance] : before) changes.push_back({name, instance, ""});
  std::ranges::sort(changes, {}, &BindingChange::binding);
  return changes;
}

}  // namespace

HandOver hand_over_of(const PlannedInstance& from, const PlannedInstance& to) {
  const bool free = state_of(from).kind == StateKind::stateless && state_of(to).kind == StateKind::stateless;
  return free ? HandOver::beside : HandOver::exchange;
}

bool same_generation(const PlannedInstance& a, const PlannedInstance& b) { return !difference(a, b).has_value(); }

Result<Changes> compare(const Plan& from, const Plan& to, const std::vector<std::string>& disabled) {
  Problems problems;
  Changes changes;
  ByName before = by_name(from);
  for (const auto& [name, one] : by_name(to)) {
    const auto old = before.find(name);
    if (old == before.end()) {
      changes.instances.push_back(added(*one));
      continue;
    }
    check_state(*old->second, *one, problems);
    if (auto change = difference(*old->second, *one)) changes.instances.push_back(std::move(*change));
    before.erase(old);
  }
  for (const auto& [name, one] : before) {
    const bool is_disabled = std::ranges::find(disabled, name) != disabled.end();
    changes.instances.push_back(ended(*one, is_disabled ? ChangeKind::disable : ChangeKind::remove));
  }
  if (!problems.empty())
    return Status(Code::failed_precondition, "profile \"" + to.profile + "\" cannot follow the one in force",
                  std::move(problems));
  std::ranges::sort(changes.instances, {}, &InstanceChange::instance);
  changes.bindings = compare_bindings(from, to);
  return changes;
}

}  // namespace slipway::lifecycle
