// The windows as people write them, and their reading into windows that can be computed with.
#pragma once

#include <optional>
#include <slipway/interfaces/gate.hpp>

#include "plugins/gates/freeze-window/window.hpp"

namespace slipway::freeze_window {

constexpr auto enum_names(Kind) {
  return std::array<EnumName<Kind>, 2>{{{Kind::freeze, "freeze"}, {Kind::maintenance, "maintenance"}}};
}
constexpr auto enum_names(Day) {
  return std::array<EnumName<Day>, 7>{{{Day::sunday, "sun"},
                                       {Day::monday, "mon"},
                                       {Day::tuesday, "tue"},
                                       {Day::wednesday, "wed"},
                                       {Day::thursday, "thu"},
                                       {Day::friday, "fri"},
                                       {Day::saturday, "sat"}}};
}

// One-off with from and to, weekly with days.
struct WindowSettings {
  Kind kind = Kind::freeze;
  std::string reason;
  std::optional<Instant> from;
  std::optional<Instant> to;
  std::vector<Day> days;
  std::string from_time = "00:00";
  std::string to_time = "00:00";
  std::string utc_offset = "+00:00";
  std::vector<gate::Action> actions;
  std::vector<std::string> applications;
  std::vector<std::string> tenants;
  static constexpr auto fields() {
    using W = WindowSettings;
    return slipway::fields(
        field("kind", &W::kind, "freeze or maintenance."), required("reason", &W::reason, "Why.", at_most(500)),
        field("from", &W::from, "One-off: its begin."), field("to", &W::to, "One-off: its end."),
        field("days", &W::days, "Weekly: days on which it begins.", at_most(7)),
        field("from_time", &W::from_time, "Weekly: time of its begin."),
        field("to_time", &W::to_time, "Weekly: time of its end."),
        field("utc_offset", &W::utc_offset, "Weekly: how far local time is ahead of UTC."),
        field("actions", &W::actions, "What it applies to; empty for everything."),
        field("applications", &W::applications, "Applications that it applies to; empty for all.", at_most(500)),
        field("tenants", &W::tenants, "Tenants that it applies to; empty for all.", at_most(500)));
  }
};

struct Settings {
  std::vector<WindowSettings> windows;
  bool refuse = false;
  static constexpr auto fields() {
    return slipway::fields(field("windows", &Settings::windows, "The windows.", at_most(500)),
                           field("refuse", &Settings::refuse, "closed instead of pending."));
  }
};

// INVALID_ARGUMENT with every fault and its path.
Result<std::vector<Window>> read_windows(const Settings& settings);

// The rollout's own settings over the configuration, field by field.
Result<Settings> overlaid(const Settings& configured, const Json& rollout);

}  // namespace slipway::freeze_window
