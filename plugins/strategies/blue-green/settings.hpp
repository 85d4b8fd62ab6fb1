// What people write for a blue-green release, and what one of its steps hands to the next.
#pragma once

#include <slipway/strategy.hpp>

namespace slipway::blue_green {

// An increment of the switch: the weight, then a pause, then analyses that must pass.
struct Shift {
  Share weight;
  Duration pause{};
  Names analyses;
  static constexpr auto fields() {
    return slipway::fields(required("weight", &Shift::weight, "Share of the traffic for the new release."),
                           field("pause", &Shift::pause, "Time at this weight."),
                           field("analyses", &Shift::analyses, "Analyses that must pass at this weight.", at_most(32)));
  }
};

// Either for everybody who may promote, or with a question.
struct Approval {
  std::string message;
  static constexpr auto fields() {
    return slipway::fields(field("message", &Approval::message, "What is asked.", at_most(500)));
  }
};

struct Settings {
  std::optional<Count> preview_replicas;
  Names smoke;
  std::optional<Approval> approval;
  std::vector<Shift> switch_steps;
  Names analyses;
  Names verify;
  Duration keep_blue = seconds(30);
  Duration min_ready{};
  Duration progress_deadline = seconds(600);
  static constexpr auto fields() {
    return slipway::fields(
        field("preview_replicas", &Settings::preview_replicas,
              "New replicas until the switch begins, as a count or a percentage, rounded up; all of them by default."),
        field("smoke", &Settings::smoke, "Analyses of the new release that must pass before it gets traffic.",
              at_most(32)),
        field("approval", &Settings::approval, "Ask a person before the switch."),
        field("switch_steps", &Settings::switch_steps,
              "Weights on the way to all traffic; none: the switch is made at once.", at_most(100)),
        field("analyses", &Settings::analyses,
              "Analyses that run in the background from the switch on; a failed one ends a rollout that is still under "
              "way. The last of `switch_steps` waits for their first measurement, or else the promotion; then they may "
              "not compare the releases.",
              at_most(32)),
        field("verify", &Settings::verify, "Analyses that must pass after the switch, before the old release may go.",
              at_most(32)),
        field("keep_blue", &Settings::keep_blue,
              "Time after the promotion for which the old replicas are kept for an instant return."),
        field("min_ready", &Settings::min_ready, "Time that a replica must have been ready before it counts."),
        field("progress_deadline", &Settings::progress_deadline,
              "Time without progress of replicas or traffic after which the rollout fails."));
  }
};

// No step gives green a part of the traffic first.
inline bool switches_at_once(const Settings& settings) {
  return settings.switch_steps.empty() || settings.switch_steps.front().weight.ppm == kAllTraffic;
}

// Phases in order. The switch has one phase for each of its shifts, all traffic being the last.
enum class Phase { preview, smoke, approval, fill, shift, verify };
constexpr auto enum_names(Phase) {
  return std::array<EnumName<Phase>, 6>{{{Phase::preview, "preview"},
                                         {Phase::smoke, "smoke"},
                                         {Phase::approval, "approval"},
                                         {Phase::fill, "fill"},
                                         {Phase::shift, "shift"},
                                         {Phase::verify, "verify"}}};
}

struct State {
  static constexpr std::int64_t kVersion = 1;
  Phase phase = Phase::preview;
  std::int32_t shift = 0;
  Instant since;
  std::uint32_t weight = 0;
  bool promoted = false;
  bool fully = false;
  Progress progress;
  static constexpr auto fields() {
    return slipway::fields(field("phase", &State::phase, "Where the release stands."),
                           field("shift", &State::shift, "Position in the switch."),
                           field("since", &State::since, "When the shift's weight came into effect; 1970 before."),
                           field("weight", &State::weight, "Share of the traffic ordered for the new release."),
                           field("promoted", &State::promoted,
                                 "Whether somebody has promoted the phase or shift before it waited for that."),
                           field("fully", &State::fully, "Whether it goes to the end without tests."),
                           field("progress", &State::progress, "When something last went forward."));
  }
};

}  // namespace slipway::blue_green
