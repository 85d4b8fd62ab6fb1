// What people write for the sequential analyzer, and what one judgement hands to the next.
#pragma once

#include <slipway/analyzer.hpp>

namespace slipway::sequential {

enum class Kind : std::uint8_t { error_ratio, slow_ratio, absolute, srm };
constexpr auto enum_names(Kind) {
  return std::array<EnumName<Kind>, 4>{{{Kind::error_ratio, "error_ratio"},
                                        {Kind::slow_ratio, "slow_ratio"},
                                        {Kind::absolute, "absolute"},
                                        {Kind::srm, "srm"}}};
}

enum class Guard : std::uint8_t { sign, none, dispersion };
constexpr auto enum_names(Guard) {
  return std::array<EnumName<Guard>, 3>{
      {{Guard::sign, "sign"}, {Guard::none, "none"}, {Guard::dispersion, "dispersion"}}};
}

struct Settings {
  Kind kind = Kind::error_ratio;
  std::string requests = "requests";
  std::string failures = "failures";
  std::string histogram = "latency";
  std::vector<double> edges;
  double alpha = 0.01;
  double alpha_weight = 1;
  double beta = 0.05;
  double max_ratio = 1.1;
  double severe_ratio = 2;
  double pass_ratio = 1.5;
  double absolute_floor = 0.001;
  Duration min_duration = slipway::seconds(600);
  Duration max_duration = slipway::seconds(7'200);
  Duration no_data_deadline = slipway::seconds(300);
  std::int32_t error_limit = 4;
  Guard guard = Guard::sign;
  double dispersion = 1;
  bool change_robust = true;
  std::int64_t seed = 1;
  static constexpr auto fields() {
    return slipway::fields(
        field(
            "kind", &Settings::kind,
            "error_ratio: does next fail more often than stable? slow_ratio: is it slow more often? absolute: does it "
            "fail more often than absolute_floor? srm: do the requests go where the weights send them?"),
        field("requests", &Settings::requests, "Value that counts the requests.", at_most(128)),
        field("failures", &Settings::failures, "Value that counts those that failed.", at_most(128)),
        field("histogram", &Settings::histogram, "Distribution that slow_ratio looks at.", at_most(128)),
        field(
            "edges", &Settings::edges,
            "What is slow, in the distribution's unit (haproxy's latency: microseconds): a request above an edge. Best "
            "near the baseline's median, 95th and 99th percentile.",
            at_most(4)),
        field("alpha", &Settings::alpha,
              "Chance to fail a release that is no worse, over all analyses of a rollout: each has a share of it."),
        field("alpha_weight", &Settings::alpha_weight,
              "How large a share of alpha this analysis wants, beside the rollout's others."),
        field("beta", &Settings::beta, "Chance to pass a release that is worse than pass_ratio."),
        field("max_ratio", &Settings::max_ratio, "Next may be bad so many times as often as stable."),
        field("severe_ratio", &Settings::severe_ratio, "Above this the guard is not asked; it must exceed max_ratio."),
        field("pass_ratio", &Settings::pass_ratio, "It passes once it is certain to be below this ratio."),
        field("absolute_floor", &Settings::absolute_floor,
              "Share of bad requests that is never a failure; above 0, below 0.45."),
        field("min_duration", &Settings::min_duration, "It does not pass before."),
        field("max_duration", &Settings::max_duration, "It is inconclusive after this."),
        field("no_data_deadline", &Settings::no_data_deadline, "Time without numbers after which it lacks data."),
        field("error_limit", &Settings::error_limit, "Errors of the source in a row that are tolerated.",
              between(0, 100'000)),
        field("guard", &Settings::guard,
              "Against noise that all requests of a moment share. sign: below severe_ratio, next must also be worse in "
              "more intervals than chance allows; dispersion: evidence counts for 1/dispersion; none: no noise is "
              "expected."),
        field("dispersion", &Settings::dispersion,
              "Variance of the bad requests over that of independent ones, from a release compared with itself."),
        field("change_robust", &Settings::change_robust, "Look also for an effect that begins later."),
        field("seed", &Settings::seed, "Seed of the draws of the sign guard."));
  }
};

// One pair of counts that is followed: the failures, or the requests above one edge.
struct Track {
  std::int64_t next_requests = 0;
  std::int64_t next_bad = 0;
  std::int64_t stable_requests = 0;
  std::int64_t stable_bad = 0;
  std::string evidence;
  // Not of the document: version 1 kept what the counts tell.
  bool has_sums = false;
  static constexpr auto fields() {
    return slipway::fields(field("next_requests", &Track::next_requests, "Requests of the judged group."),
                           field("next_bad", &Track::next_bad, "Bad ones among them."),
                           field("stable_requests", &Track::stable_requests, "Requests of the baseline."),
                           field("stable_bad", &Track::stable_bad, "Bad ones among them."),
                           field("evidence", &Track::evidence, "Log-evidence by grid point: doubles, packed."));
  }
};

// Requests since the weights last changed, from the second window on, and the evidence of the time before.
struct Routing {
  std::int64_t next = 0;
  std::int64_t stable = 0;
  std::uint32_t weight = 0;
  double before = 0;
  static constexpr auto fields() {
    return slipway::fields(field("next", &Routing::next, "Requests of the judged group."),
                           field("stable", &Routing::stable, "Requests of the baseline."),
                           field("weight", &Routing::weight, "Wanted share of the judged group, parts per million."),
                           field("before", &Routing::before, "Log-evidence under earlier weights."));
  }
};

struct State {
  static constexpr std::int64_t kVersion = 2;
  std::int64_t intervals = 0;
  std::int64_t planned = 0;
  std::string window;
  std::optional<Instant> last_data;
  std::int32_t errors_in_a_row = 0;
  std::vector<Track> tracks;
  Routing routing;
  static constexpr auto fields() {
    return slipway::fields(field("intervals", &State::intervals, "Windows with requests of both groups."),
                           field("planned", &State::planned, "Windows until max_duration."),
                           field("window", &State::window, "The last window that was taken in."),
                           field("last_data", &State::last_data, "End of the last window with requests."),
                           field("errors_in_a_row", &State::errors_in_a_row, "Errors of the source since it answered."),
                           field("tracks", &State::tracks, "What is followed, one for each edge."),
                           field("routing", &State::routing, "Where the requests went."));
  }
};

}  // namespace slipway::sequential
