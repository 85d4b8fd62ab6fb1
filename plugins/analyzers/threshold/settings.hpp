// What people write for the threshold analyzer, and what one judgement hands to the next.
#pragma once

#include <slipway/analyzer.hpp>

namespace slipway::threshold {

// Each look at the numbers either succeeds or counts against the release; the count never goes down.
struct Flagger {
  std::int32_t threshold = 1;
  static constexpr auto fields() {
    return slipway::fields(field(
        "threshold", &Flagger::threshold,
        "Failed checks that fail the analysis; an error is a failed check, no traffic is none.", between(1, 1'000)));
  }
};

struct Settings {
  std::string success;
  std::string failure;
  std::int32_t count = 0;
  std::int32_t failure_limit = 0;
  std::int32_t inconclusive_limit = 0;
  std::int32_t consecutive_error_limit = 4;
  std::int32_t consecutive_success_limit = 0;
  std::int32_t insufficient_data_limit = 0;
  std::int64_t min_requests = 0;
  double min_completeness = 0;
  std::optional<Flagger> flagger;
  static constexpr auto fields() {
    return slipway::fields(
        field("success", &Settings::success, "Condition of a good measurement: \"error_ratio < 5%\".", at_most(1'024)),
        field("failure", &Settings::failure,
              "Condition of a bad measurement; with only one of the two, the other is its opposite.", at_most(1'024)),
        field("count", &Settings::count, "Measurements after which it passes; 0: it goes on for ever.",
              between(0, 100'000)),
        field("failure_limit", &Settings::failure_limit, "Failures that are tolerated; -1: any number.",
              between(-1, 100'000)),
        field("inconclusive_limit", &Settings::inconclusive_limit, "Measurements that may be neither; -1: any number.",
              between(-1, 100'000)),
        field("consecutive_error_limit", &Settings::consecutive_error_limit,
              "Errors in a row that are tolerated; -1: any number.", between(-1, 100'000)),
        field("consecutive_success_limit", &Settings::consecutive_success_limit,
              "Successes in a row after which it passes; 0: it doesn't pass by them.", between(0, 100'000)),
        field("insufficient_data_limit", &Settings::insufficient_data_limit,
              "Measurements in a row without enough data that are tolerated.", between(0, 100'000)),
        field("min_requests", &Settings::min_requests, "A measurement of fewer requests is no measurement.",
              at_least(0)),
        field("min_completeness", &Settings::min_completeness,
              "Nor is a measurement of numbers that cover less of the window than this, 0 to 1."),
        field("flagger", &Settings::flagger, "Count failed checks as Flagger does, instead of the limits."));
  }
};

// What was seen of the traffic, over the windows in which the judged group had any.
struct Traffic {
  std::int64_t windows = 0;
  std::int64_t requests = 0;
  std::int64_t baseline_requests = 0;
  std::int64_t baseline_failures = 0;
  static constexpr auto fields() {
    return slipway::fields(field("windows", &Traffic::windows, "Windows with requests."),
                           field("requests", &Traffic::requests, "Requests of the judged group."),
                           field("baseline_requests", &Traffic::baseline_requests, "Requests of the baseline."),
                           field("baseline_failures", &Traffic::baseline_failures, "Those that failed."));
  }
  bool operator==(const Traffic&) const = default;
};

// Counters; see counters.hpp.
struct State {
  static constexpr std::int64_t kVersion = 1;
  std::int32_t measurements = 0;
  std::int32_t failures = 0;
  std::int32_t inconclusives = 0;
  std::int32_t errors_in_a_row = 0;
  std::int32_t successes_in_a_row = 0;
  std::int32_t insufficient_in_a_row = 0;
  Traffic traffic;
  static constexpr auto fields() {
    return slipway::fields(
        field("measurements", &State::measurements, "Measurements that were a success, a failure or neither."),
        field("failures", &State::failures, "Failures."), field("inconclusives", &State::inconclusives, "Neither."),
        field("errors_in_a_row", &State::errors_in_a_row, "Errors since the last measurement."),
        field("successes_in_a_row", &State::successes_in_a_row, "Successes since anything else."),
        field("insufficient_in_a_row", &State::insufficient_in_a_row,
              "Looks without enough data since there was enough."),
        field("traffic", &State::traffic, "What was seen of the traffic."));
  }
  bool operator==(const State&) const = default;
};

}  // namespace slipway::threshold
