#include "plugins/analyzers/threshold/counters.hpp"

namespace slipway::threshold {
namespace {

using analyzer::Verdict;

bool exceeds(std::int32_t count, std::int32_t limit) { return limit >= 0 && count > limit; }

Verdict at_count(const Settings& settings) {
  if (settings.consecutive_success_limit == 0) return Verdict::pass;
  return settings.failure_limit >= 0 ? Verdict::inconclusive : Verdict::fail;
}

std::string of_at_most(std::int32_t count, std::int32_t limit) {
  return std::to_string(count) + (limit < 0 ? "" : " of at most " + std::to_string(limit));
}

}  // namespace

Settings effective(Settings settings) {
  if (settings.flagger) settings.failure_limit = settings.flagger->threshold - 1;
  return settings;
}

Measurement effective(const Settings& settings, Measurement measured) {
  const bool is_check = measured != Measurement::success && measured != Measurement::insufficient;
  return settings.flagger && is_check ? Measurement::failure : measured;
}

void count(State& state, Measurement measured) {
  const bool is_error = measured == Measurement::error;
  const bool is_insufficient = measured == Measurement::insufficient;
  if (!is_error && !is_insufficient) {
    ++state.measurements;
    state.errors_in_a_row = 0;
    state.insufficient_in_a_row = 0;
  }
  state.failures += measured == Measurement::failure ? 1 : 0;
  state.inconclusives += measured == Measurement::inconclusive ? 1 : 0;
  state.errors_in_a_row += is_error ? 1 : 0;
  state.insufficient_in_a_row += is_insufficient ? 1 : 0;
  state.successes_in_a_row = measured == Measurement::success ? state.successes_in_a_row + 1 : 0;
}

Ruling rule(const Settings& settings, const State& state, Measurement measured) {
  // First: a policy may have let one of those below pass, and a later failure must still be heard.
  if (exceeds(state.failures, settings.failure_limit)) return {Verdict::fail, "failure_limit"};
  if (exceeds(state.errors_in_a_row, settings.consecutive_error_limit))
    return {Verdict::error, "consecutive_error_limit"};
  if (exceeds(state.inconclusives, settings.inconclusive_limit)) return {Verdict::inconclusive, "inconclusive_limit"};
  if (measured == Measurement::insufficient && exceeds(state.insufficient_in_a_row, settings.insufficient_data_limit)) {
    return {Verdict::insufficient_data, "insufficient_data_limit"};
  }
  if (measured == Measurement::error || measured == Measurement::insufficient) return {Verdict::proceed, "measuring"};
  const std::int32_t in_a_row = settings.consecutive_success_limit;
  if (in_a_row > 0 && state.successes_in_a_row >= in_a_row) return {Verdict::pass, "consecutive_success_limit"};
  if (settings.count > 0 && state.measurements >= settings.count) return {at_count(settings), "count"};
  return {Verdict::proceed, "measuring"};
}

std::string standing(const Settings& settings, const State& state, Measurement measured) {
  switch (measured) {
    case Measurement::success:
      return "measurement " + std::to_string(state.measurements) +
             (settings.count > 0 ? " of " + std::to_string(settings.count) : "");
    case Measurement::failure:
      return "failure " + of_at_most(state.failures, settings.failure_limit);
    case Measurement::inconclusive:
      return "inconclusive " + of_at_most(state.inconclusives, settings.inconclusive_limit);
    case Measurement::error:
      return "error in a row " + of_at_most(state.errors_in_a_row, settings.consecutive_error_limit);
    case Measurement::insufficient:
      break;
  }
  return "in a row " + of_at_most(state.insufficient_in_a_row, settings.insufficient_data_limit);
}

}  // namespace slipway::threshold
