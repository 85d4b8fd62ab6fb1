// What people write for a rolling update, and what one of its steps hands to the next.
#pragma once

#include <slipway/strategy.hpp>

namespace slipway::rolling {

struct Settings {
  Count max_surge = percent(25);
  Count max_unavailable = percent(25);
  Duration min_ready{};
  Duration progress_deadline = seconds(600);
  std::optional<Count> pause_at;
  Names analyses;
  static constexpr auto fields() {
    return slipway::fields(
        field("max_surge", &Settings::max_surge,
              "Replicas above the wanted number, as a count or a percentage, rounded up."),
        field("max_unavailable", &Settings::max_unavailable,
              "Replicas that may be missing, as a count or a percentage, rounded down; 1 when both come to 0."),
        field("min_ready", &Settings::min_ready, "Time that a replica must have been ready before it counts."),
        field("progress_deadline", &Settings::progress_deadline,
              "Time without any progress after which the rollout fails."),
        field("pause_at", &Settings::pause_at,
              "Stop at so many new replicas until somebody promotes, as a count or a percentage, rounded up."),
        field("analyses", &Settings::analyses,
              "Analyses that run in the background; a failed one ends a rollout that is still under way. The last old "
              "replicas wait for their first measurement, unless the first batch is the whole.",
              at_most(32)));
  }
};

struct State {
  static constexpr std::int64_t kVersion = 1;
  std::int32_t next = 0;
  std::int32_t stable = -1;
  std::int32_t carrying = 0;
  std::uint32_t weight = 0;
  bool promoted = false;
  bool fully = false;
  bool past_held = false;
  std::string waited_for;
  Progress progress;
  static constexpr auto fields() {
    return slipway::fields(
        field("next", &State::next, "New replicas ordered."),
        field("stable", &State::stable, "Old replicas ordered; -1 before the first step."),
        field("carrying", &State::carrying, "New replicas that the share of the traffic was ordered for."),
        field("weight", &State::weight, "Share of the traffic ordered for the new replicas."),
        field("promoted", &State::promoted, "Whether somebody ended the pause."),
        field("fully", &State::fully, "Whether somebody asked for all replicas at once."),
        field("past_held", &State::past_held,
              "Whether somebody let the next batch begin although an analysis is held."),
        field("waited_for", &State::waited_for, "What the last step waited for, for the reason of a failure."),
        field("progress", &State::progress, "When something last went forward."));
  }
};

}  // namespace slipway::rolling
