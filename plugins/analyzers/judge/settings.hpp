// What people write for the judge, and what one judgement hands to the next.
#pragma once

#include <slipway/analyzer.hpp>

namespace slipway::judge {

enum class Direction : std::uint8_t { either, increase, decrease };
constexpr auto enum_names(Direction) {
  return std::array<EnumName<Direction>, 3>{
      {{Direction::either, "either"}, {Direction::increase, "increase"}, {Direction::decrease, "decrease"}}};
}
enum class Missing : std::uint8_t { remove, replace };
constexpr auto enum_names(Missing) {
  return std::array<EnumName<Missing>, 2>{{{Missing::remove, "remove"}, {Missing::replace, "replace"}}};
}
enum class Outliers : std::uint8_t { keep, remove };
constexpr auto enum_names(Outliers) {
  return std::array<EnumName<Outliers>, 2>{{{Outliers::keep, "keep"}, {Outliers::remove, "remove"}}};
}
enum class Measure : std::uint8_t { mean_ratio, cles };
constexpr auto enum_names(Measure) {
  return std::array<EnumName<Measure>, 2>{{{Measure::mean_ratio, "mean_ratio"}, {Measure::cles, "cles"}}};
}
enum class Compat : std::uint8_t { none, kayenta };
constexpr auto enum_names(Compat) {
  return std::array<EnumName<Compat>, 2>{{{Compat::none, "none"}, {Compat::kayenta, "kayenta"}}};
}

// How large a difference must be beyond being certain. The limits' defaults are the measure's neutral value: 1 for
// mean_ratio, 0.5 for cles.
struct EffectSize {
  Measure measure = Measure::mean_ratio;
  std::optional<double> allowed_increase;
  std::optional<double> allowed_decrease;
  std::optional<double> critical_increase;
  std::optional<double> critical_decrease;
  static constexpr auto fields() {
    return slipway::fields(
        field("measure", &EffectSize::measure,
              "mean_ratio: next's mean over stable's; cles: how often a point of next exceeds one of stable."),
        field("allowed_increase", &EffectSize::allowed_increase, "Higher counts from this effect on."),
        field("allowed_decrease", &EffectSize::allowed_decrease, "Lower counts from this effect down."),
        field("critical_increase", &EffectSize::critical_increase, "A critical metric fails everything from here on."),
        field("critical_decrease", &EffectSize::critical_decrease, "The same downwards."));
  }
};

struct Metric {
  std::string name;
  std::string group = "all";
  Direction direction = Direction::either;
  Missing missing = Missing::remove;
  Outliers outliers = Outliers::keep;
  double outlier_factor = 3;
  bool critical = false;
  bool must_have_data = false;
  bool muted = false;
  EffectSize effect_size;
  static constexpr auto fields() {
    return slipway::fields(
        required("name", &Metric::name, "The value of each window that is compared.", between(1, 128)),
        field("group", &Metric::group, "Metrics of a group share its weight.", between(1, 128)),
        field("direction", &Metric::direction, "Which change is bad."),
        field("missing", &Metric::missing, "A window without a value is left out, or counts as 0."),
        field("outliers", &Metric::outliers, "Whether extreme values are left out."),
        field("outlier_factor", &Metric::outlier_factor,
              "Distances between quartiles beyond which a value is extreme."),
        field("critical", &Metric::critical, "A bad difference of it fails everything."),
        field("must_have_data", &Metric::must_have_data, "Without data it counts as bad."),
        field("muted", &Metric::muted, "It is reported and does not count."),
        field("effect_size", &Metric::effect_size, "How large a difference must be."));
  }
};

struct Settings {
  std::vector<Metric> metrics;
  std::map<std::string, double> group_weights;
  std::int32_t windows = 60;
  std::int32_t min_points = 50;
  std::int32_t looks = 1;
  double confidence = 0.98;
  double tolerance = 0.25;
  double pass = 95;
  double marginal = 75;
  double min_completeness = 0;
  std::int32_t error_limit = 4;
  Compat compat = Compat::none;
  static constexpr auto fields() {
    return slipway::fields(
        field("metrics", &Settings::metrics, "What is compared.", at_most(16)),
        field("group_weights", &Settings::group_weights,
              "Weights of groups, in percent; the others share what is left of 100.", at_most(16)),
        field("windows", &Settings::windows, "Windows that it looks at: each is one point of each metric.",
              between(5, 100)),
        field("min_points", &Settings::min_points, "With fewer points of a group a metric has no data.",
              between(5, 100)),
        field("looks", &Settings::looks,
              "Times that it judges, evenly spread: a bad release may fail at each, a good one passes at the last. "
              "They share the chance of error.",
              between(1, 10)),
        field("confidence", &Settings::confidence, "Of the interval of the difference."),
        field("tolerance", &Settings::tolerance,
              "Part of the estimated difference that the interval's end must exceed."),
        field("pass", &Settings::pass, "Score from which on it passes, 0 to 100."),
        field("marginal", &Settings::marginal, "Score below which it fails; between the two it is inconclusive."),
        field("min_completeness", &Settings::min_completeness,
              "A group whose numbers cover less of a window than this has no value there, 0 to 1."),
        field("error_limit", &Settings::error_limit, "Errors of the source in a row that are tolerated.",
              between(0, 100'000)),
        field("compat", &Settings::compat,
              "kayenta: the numbers and rules of its judge. Intervals by root finding with its tolerance, one point is "
              "data whatever min_points says, confidence is not shared between looks, weights without a metric are "
              "lost, and a score of 0 when half of the metrics have no data."));
  }
};

// The points of one metric, oldest first: doubles, packed.
struct Series {
  std::string next;
  std::string stable;
  static constexpr auto fields() {
    return slipway::fields(field("next", &Series::next, "Of the judged group."),
                           field("stable", &Series::stable, "Of the baseline."));
  }
};

// What the last look came to. When that decides nothing, it stands while the windows of the next one are gathered.
struct Said {
  analyzer::Verdict verdict = analyzer::Verdict::inconclusive;
  std::string code;
  std::string reason;
  JsonText evidence;
  static constexpr auto fields() {
    return slipway::fields(required("verdict", &Said::verdict, "The verdict."), field("code", &Said::code, "Its code."),
                           field("reason", &Said::reason, "Its reason."),
                           field("evidence", &Said::evidence, "Its numbers."));
  }
};

struct State {
  static constexpr std::int64_t kVersion = 2;
  std::int32_t windows = 0;
  std::int32_t windows_before = 0;
  std::string window;
  std::int32_t errors_in_a_row = 0;
  std::vector<Series> series;
  std::optional<Said> said;
  static constexpr auto fields() {
    return slipway::fields(field("windows", &State::windows, "Windows seen in this round."),
                           field("windows_before", &State::windows_before, "And in those before."),
                           field("window", &State::window, "The last one."),
                           field("errors_in_a_row", &State::errors_in_a_row, "Errors of the source since it answered."),
                           field("series", &State::series, "One for each metric, in the settings' order."),
                           field("said", &State::said, "The last look, once there was one."));
  }
};

}  // namespace slipway::judge
