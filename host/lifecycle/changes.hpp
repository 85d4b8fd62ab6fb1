// What would become of running instances under another plan: made without side effects, for people to read before they
// agree. Plain values.
#pragma once

#include <optional>
#include <slipway/document.hpp>
#include <string>
#include <vector>

#include "host/lifecycle/plan.hpp"
#include "host/lifecycle/rule_changes.hpp"

namespace slipway::lifecycle {

// load: it is new. swap: another version or plugin. configure, permit, place: the same plugin with another
// configuration, other permissions, another placement. disable: it ends, its configuration stays in the profile.
// remove: it is no longer in the profile.
enum class ChangeKind { load, swap, configure, permit, place, disable, remove };
constexpr auto enum_names(ChangeKind) {
  using K = ChangeKind;
  return std::array<EnumName<K>, 7>{{{K::load, "load"},
                                     {K::swap, "swap"},
                                     {K::configure, "configure"},
                                     {K::permit, "permit"},
                                     {K::place, "place"},
                                     {K::disable, "disable"},
                                     {K::remove, "remove"}}};
}

// How a new generation follows an old one. beside: the new one runs before the old one ends. exchange: calls wait
// while the old one ends and the new one starts, because both can't hold what they hold.
enum class HandOver { none, beside, exchange };
constexpr auto enum_names(HandOver) {
  using H = HandOver;
  return std::array<EnumName<H>, 3>{{{H::none, "none"}, {H::beside, "beside"}, {H::exchange, "exchange"}}};
}

// What becomes of what the old generation knows. external: it lies outside the plugin, and the new one finds it there.
enum class StateFate { none, external, carried_over, dropped };
constexpr auto enum_names(StateFate) {
  using S = StateFate;
  return std::array<EnumName<S>, 4>{
      {{S::none, "none"}, {S::external, "external"}, {S::carried_over, "carried_over"}, {S::dropped, "dropped"}}};
}

struct InstanceChange {
  std::string instance;
  std::vector<ChangeKind> what;
  std::string from;                             // "strategy-canary 1.0.0"; empty for a new one
  std::string to;                               // empty for one that ends
  std::vector<std::string> configuration;       // paths that differ, without their values
  std::vector<std::string> permissions_gained;  // "network 10.0.0.1"
  std::vector<std::string> permissions_lost;
  HandOver hand_over = HandOver::none;
  StateFate state = StateFate::none;
  std::vector<std::string> notes;  // what can't be undone, what is kept
  static constexpr auto fields() {
    return slipway::fields(
        required("instance", &InstanceChange::instance, "Name in the profile."),
        required("what", &InstanceChange::what, "What happens to it."),
        field("from", &InstanceChange::from, "Plugin and version that run; empty for a new one."),
        field("to", &InstanceChange::to, "Plugin and version that shall run; empty for one that ends."),
        field("configuration", &InstanceChange::configuration, "Paths of the configuration that differ."),
        field("permissions_gained", &InstanceChange::permissions_gained, "What it may do in future."),
        field("permissions_lost", &InstanceChange::permissions_lost, "What it may no longer do."),
        field("hand_over", &InstanceChange::hand_over, "How the new one follows the old one."),
        field("state", &InstanceChange::state, "What becomes of what the old one knows."),
        field("notes", &InstanceChange::notes, "What can't be undone, and what is kept."));
  }
};

// A binding that comes, goes, or leads elsewhere.
struct BindingChange {
  std::string binding;
  std::string from;  // an instance; empty for a new binding
  std::string to;    // empty for one that goes
  static constexpr auto fields() {
    return slipway::fields(required("binding", &BindingChange::binding, "Its name."),
                           field("from", &BindingChange::from, "Where it leads now."),
                           field("to", &BindingChange::to, "Where it shall lead."));
  }
};

struct Changes {
  std::vector<InstanceChange> instances;
  std::vector<BindingChange> bindings;
  std::vector<RuleChange> rules;
  static constexpr auto fields() {
    return slipway::fields(field("instances", &Changes::instances, "Instances that change."),
                           field("bindings", &Changes::bindings, "Bindings that change."),
                           field("rules", &Changes::rules, "Gates and notifications of every rollout that change."));
  }
  [[nodiscard]] bool empty() const { return instances.empty() && bindings.empty() && rules.empty(); }
};

// How one instance would follow another.
HandOver hand_over_of(const PlannedInstance& from, const PlannedInstance& to);

// Whether a running instance may stay as it is, whatever its bindings.
bool same_generation(const PlannedInstance& a, const PlannedInstance& b);

// In the order of their names. `disabled` are instances that the new profile has and does not enable.
// FAILED_PRECONDITION with one problem each, path "/plugins/<name>", where a new version does not read the state that
// the old one writes. Plans know no rules (see compare_rules).
Result<Changes> compare(const Plan& from, const Plan& to, const std::vector<std::string>& disabled);

}  // namespace slipway::lifecycle
