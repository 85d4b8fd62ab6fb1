// What people write for a canary, and what one of its steps hands to the next.
#pragma once

#include <slipway/strategy.hpp>

namespace slipway::canary {

// For a time; without one, until somebody promotes.
struct Pause {
  std::optional<Duration> duration;
  static constexpr auto fields() {
    return slipway::fields(field("duration", &Pause::duration, "How long; absent: until somebody promotes."));
  }
};

// One of the three.
struct Scale {
  std::optional<std::int32_t> replicas;
  std::optional<Share> percent;
  std::optional<bool> match_weight;
  static constexpr auto fields() {
    return slipway::fields(
        field("replicas", &Scale::replicas, "So many canary replicas.", between(1, 10'000)),
        field("percent", &Scale::percent, "So much of the application's replicas, rounded up."),
        field("match_weight", &Scale::match_weight, "As many as the weight needs, as without a scale step."));
  }
};

struct Route {
  std::string header;
  std::string value;
  static constexpr auto fields() {
    return slipway::fields(
        required("header", &Route::header, "Requests with this header go to the canary.", between(1, 128)),
        required("value", &Route::value, "Exact value of the header.", between(1, 256)));
  }
};

struct Mirror {
  Share share;
  std::int32_t max_in_flight = 64;
  static constexpr auto fields() {
    return slipway::fields(
        required("share", &Mirror::share, "Share of the requests of which the canary gets a copy; 0% ends it."),
        field("max_in_flight", &Mirror::max_in_flight, "Copies under way at once.", between(1, 10'000)));
  }
};

struct Approval {
  std::string message;
  static constexpr auto fields() {
    return slipway::fields(field("message", &Approval::message, "What is asked.", at_most(500)));
  }
};

// An interval at whose end the analyses must have passed; it begins again when one fails. Only presets make it.
struct Check {
  Duration interval;
  Names analyses;
};

// Exactly one member is given.
struct Action {
  std::optional<Share> weight;
  std::optional<Pause> pause;
  std::optional<Names> analysis;
  std::optional<Scale> scale;
  std::optional<Route> route;
  std::optional<Mirror> mirror;
  std::optional<Approval> approval;
  std::optional<std::string> gate;
  std::optional<Check> check;
  static constexpr auto fields() {
    return slipway::fields(
        field("weight", &Action::weight, "Share of the traffic for the canary."),
        field("pause", &Action::pause, "Wait for a time, or until somebody promotes."),
        field("analysis", &Action::analysis, "Run these analyses afresh and wait until they have passed.",
              between(1, 32)),
        field("scale", &Action::scale, "Number of canary replicas from here on."),
        field("route", &Action::route, "Requests by header for the canary."),
        field("mirror", &Action::mirror, "Copies of requests for the canary."),
        field("approval", &Action::approval, "Wait until a person has agreed."),
        field("gate", &Action::gate, "Wait until this gate of the profile is open.", between(1, 63)));
  }
};

struct Linear {
  Share step = share(10);
  Duration interval = seconds(60);
  static constexpr auto fields() {
    return slipway::fields(field("step", &Linear::step, "What the weight grows by."),
                           field("interval", &Linear::interval, "Time at each weight."));
  }
};

struct Exponential {
  Share start = share(1);
  double factor = 2;
  Duration interval = seconds(60);
  static constexpr auto fields() {
    return slipway::fields(field("start", &Exponential::start, "The first weight."),
                           field("factor", &Exponential::factor, "What the weight is multiplied by.", at_most(100)),
                           field("interval", &Exponential::interval, "Time at each weight."));
  }
};

struct Automatic {
  Share step = share(5);
  Share max = share(50);
  Duration interval = seconds(60);
  std::int32_t threshold = 1;
  Names analyses;
  static constexpr auto fields() {
    return slipway::fields(
        field("step", &Automatic::step, "What the weight grows by after each good check."),
        field("max", &Automatic::max, "The weight after which all traffic moves."),
        field("interval", &Automatic::interval, "Time between two checks."),
        field("threshold", &Automatic::threshold, "Failed checks that end the rollout.", between(1, 1'000)),
        field("analyses", &Automatic::analyses, "Analyses that a check looks at.", at_most(32)));
  }
};

struct Settings {
  std::vector<Action> steps;
  std::optional<Linear> linear;
  std::optional<Exponential> exponential;
  std::optional<Automatic> automatic;
  Names analyses;
  bool baseline = false;
  Duration min_ready{};
  Duration progress_deadline = seconds(600);
  Duration scale_down_delay = seconds(30);
  static constexpr auto fields() {
    return slipway::fields(
        field("steps", &Settings::steps,
              "The way to all traffic, one action after the other; 100% comes last by itself.", at_most(100)),
        field("linear", &Settings::linear, "Instead of steps: equal increments."),
        field("exponential", &Settings::exponential, "Instead of steps: increments that grow."),
        field("automatic", &Settings::automatic,
              "Instead of steps: a check before each increment; failed checks are counted."),
        field("analyses", &Settings::analyses,
              "Analyses that run in the background; a failed one ends a rollout that is still under way. All "
              "traffic waits for their first measurement; where no step gives the canary a part of it first, the "
              "promotion waits, and they may not compare the releases.",
              at_most(32)),
        field("baseline", &Settings::baseline,
              "Compare the canary with fresh replicas of the stable release, as many and with as much traffic, instead "
              "of with the old ones; beyond 50% they have what the canary leaves."),
        field("min_ready", &Settings::min_ready, "Time that a replica must have been ready before it counts."),
        field("progress_deadline", &Settings::progress_deadline,
              "Time without progress of replicas or traffic after which the rollout fails."),
        field("scale_down_delay", &Settings::scale_down_delay,
              "Time after the promotion for which the old replicas are kept."));
  }
};

struct State {
  static constexpr std::int64_t kVersion = 1;
  std::int32_t step = 0;
  Instant since;
  std::uint32_t weight = 0;
  std::int32_t attempt = 0;
  std::int32_t failed_checks = 0;
  bool promoted = false;
  std::string waited_for;
  Progress progress;
  static constexpr auto fields() {
    return slipway::fields(
        field("step", &State::step, "Position in the steps."),
        field("since", &State::since, "When replicas and traffic were as that step wants them; 1970 before."),
        field("weight", &State::weight, "Share of the traffic ordered for the canary."),
        field("attempt", &State::attempt, "How often the step's check was begun again."),
        field("failed_checks", &State::failed_checks, "Failed checks so far."),
        field("promoted", &State::promoted, "Whether somebody has promoted the step before it waited for that."),
        field("waited_for", &State::waited_for, "What the last step waited for, for the reason of a failure."),
        field("progress", &State::progress, "When something last went forward."));
  }
};

}  // namespace slipway::canary
