#include "host/lifecycle/rule_changes.hpp"

#include <algorithm>

namespace slipway::lifecycle {
namespace {

struct Rule {
  std::string binding;
  std::string scope;
  Json settings;
  bool operator==(const Rule&) const = default;
};
using Rules = std::vector<Rule>;

std::string joined(const std::vector<std::string>& words) {
  std::string text;
  for (const std::string& word : words) text += (text.empty() ? "" : ", ") + word;
  return text;
}

std::string scope_of(const manifest::AppliesTo& to) {
  std::string text;
  const auto add = [&text](const char* what, const std::vector<std::string>& names) {
    if (!names.empty()) text += (text.empty() ? "" : "; ") + (what + joined(names));
  };
  add("applications ", to.applications);
  add("strategies ", to.strategies);
  add("actions ", to.actions);
  return text.empty() ? "every rollout" : text;
}

Rules rules_of(const std::vector<manifest::DefaultGate>& gates) {
  Rules rules;
  for (const auto& gate : gates) rules.push_back({gate.binding, scope_of(gate.applies_to), gate.settings});
  return rules;
}

Rules rules_of(const std::vector<manifest::Notification>& notifications) {
  Rules rules;
  for (const auto& one : notifications) rules.push_back({one.binding, joined(one.events), {}});
  return rules;
}

void take_out_common(Rules& from, Rules& to) {
  std::erase_if(from, [&to](const Rule& rule) {
    const auto same = std::ranges::find(to, rule);
    if (same == to.end()) return false;
    to.erase(same);
    return true;
  });
}

void add_changes(RuleKind kind, Rules from, Rules to, std::vector<RuleChange>& changes) {
  take_out_common(from, to);
  for (const Rule& old : from) {
    const auto next = std::ranges::find(to, old.binding, &Rule::binding);
    if (next == to.end()) {
      changes.push_back({kind, old.binding, old.scope, "", false});
      continue;
    }
    changes.push_back({kind, old.binding, old.scope, next->scope, old.settings != next->settings});
    to.erase(next);
  }
  for (const Rule& added : to) changes.push_back({kind, added.binding, "", added.scope, false});
}

}  // namespace

std::vector<RuleChange> compare_rules(const manifest::Profile& from, const manifest::Profile& to) {
  std::vector<RuleChange> changes;
  add_changes(RuleKind::gate, rules_of(from.gates), rules_of(to.gates), changes);
  add_changes(RuleKind::notification, rules_of(from.notifications), rules_of(to.notifications), changes);
  return changes;
}

}  // namespace slipway::lifecycle
