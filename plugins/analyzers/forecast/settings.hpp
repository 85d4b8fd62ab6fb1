// What people write for the forecast, and what one judgement hands to the next.
#pragma once

#include <slipway/analyzer.hpp>

namespace slipway::forecast {

enum class Of : std::uint8_t { next, both };
constexpr auto enum_names(Of) { return std::array<EnumName<Of>, 2>{{{Of::next, "next"}, {Of::both, "both"}}}; }
enum class Toward : std::uint8_t { above, below };
constexpr auto enum_names(Toward) {
  return std::array<EnumName<Toward>, 2>{{{Toward::above, "above"}, {Toward::below, "below"}}};
}
enum class Method : std::uint8_t { theil_sen, holt_winters, linear };
constexpr auto enum_names(Method) {
  return std::array<EnumName<Method>, 3>{
      {{Method::theil_sen, "theil_sen"}, {Method::holt_winters, "holt_winters"}, {Method::linear, "linear"}}};
}

struct SmoothingSettings {
  double level = 0.2;
  double trend = 0.05;
  double season = 0.2;
  static constexpr auto fields() {
    return slipway::fields(field("level", &SmoothingSettings::level, "Of the level."),
                           field("trend", &SmoothingSettings::trend, "Of its change."),
                           field("season", &SmoothingSettings::season, "Of the profile."));
  }
};

struct Settings {
  std::string value;
  Of of = Of::next;
  double limit = 0;
  Toward toward = Toward::above;
  Duration horizon = slipway::seconds(86'400);
  Method method = Method::theil_sen;
  Duration season{};
  SmoothingSettings smoothing;
  double confidence = 0.9;
  std::int32_t windows = 60;
  std::int32_t no_data_limit = 4;
  std::int32_t error_limit = 4;
  static constexpr auto fields() {
    return slipway::fields(
        field("value", &Settings::value, "The value of each window that is followed.", at_most(128)),
        field("of", &Settings::of, "Whose value: the judged group's, or the sum of both groups'."),
        field("limit", &Settings::limit, "Where it is exhausted."),
        field("toward", &Settings::toward, "It is exhausted above the limit, or below it."),
        field("horizon", &Settings::horizon, "How far it looks ahead."),
        field("method", &Settings::method,
              "theil_sen: robust, with the season's profile from three seasons on; holt_winters: smoothing, from two "
              "seasons on; linear: least squares. Without the seasons: theil_sen of each seventh season's maximum, "
              "then linear."),
        field("season", &Settings::season, "Time after which the value repeats itself, as 168h; 0s: it does not."),
        field("smoothing", &Settings::smoothing, "Weights of the newest point for holt_winters, 0 to 1."),
        field("confidence", &Settings::confidence, "Part of the points seen that lay within the forecast's bound."),
        field("windows", &Settings::windows, "Windows that it follows; it passes after these, whatever it saw.",
              between(2, 100'000)),
        field("no_data_limit", &Settings::no_data_limit, "Windows without the value in a row that are tolerated.",
              between(0, 100'000)),
        field("error_limit", &Settings::error_limit, "Errors of the source in a row that are tolerated.",
              between(0, 100'000)));
  }
};

struct State {
  static constexpr std::int64_t kVersion = 1;
  std::int32_t windows = 0;
  std::string window;
  std::int32_t errors_in_a_row = 0;
  Instant end;
  Duration step;
  std::string points;
  static constexpr auto fields() {
    return slipway::fields(field("windows", &State::windows, "Windows seen."),
                           field("window", &State::window, "The last one."),
                           field("errors_in_a_row", &State::errors_in_a_row, "Errors of the source since it answered."),
                           field("end", &State::end, "End of the window of the newest point."),
                           field("step", &State::step, "Length of a window."),
                           field("points", &State::points, "The newest points, the oldest first: floats, packed."));
  }
};

}  // namespace slipway::forecast
