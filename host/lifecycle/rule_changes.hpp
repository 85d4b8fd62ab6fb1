// What a profile asks of every rollout, held against another profile's: gates that must let it pass, and who is told.
// Plain values.
#pragma once

#include <slipway/document.hpp>
#include <string>
#include <vector>

#include "host/manifest/profile.hpp"

namespace slipway::lifecycle {

enum class RuleKind { gate, notification };
constexpr auto enum_names(RuleKind) {
  return std::array<EnumName<RuleKind>, 2>{{{RuleKind::gate, "gate"}, {RuleKind::notification, "notification"}}};
}

// A rule that comes, goes, or holds for something else. Settings are never shown.
struct RuleChange {
  RuleKind kind = RuleKind::gate;
  std::string binding;
  std::string from;  // "applications shop; actions start", "every rollout", "rollout.failed"; empty for a new one
  std::string to;    // empty for one that goes
  bool settings_differ = false;
  static constexpr auto fields() {
    return slipway::fields(required("kind", &RuleChange::kind, "What it is."),
                           required("binding", &RuleChange::binding, "Whom it asks or tells."),
                           field("from", &RuleChange::from, "What it holds for now; empty for a new one."),
                           field("to", &RuleChange::to, "What it shall hold for; empty for one that goes."),
                           field("settings_differ", &RuleChange::settings_differ, "Its settings change."));
  }
};

// Gates first, then notifications. Rules of one binding that differ are taken for the same rule in their order.
std::vector<RuleChange> compare_rules(const manifest::Profile& from, const manifest::Profile& to);

}  // namespace slipway::lifecycle
