// From one measurement to the verdict. Pure functions; no thread rules.
//
// What a measurement changes (+1: one more, 0: back to none, a dot: nothing)
//
//   measurement    measurements  failures  inconclusives  errors   successes  insufficient
//                                                         in a row in a row   in a row
//   success             +1           .           .           0        +1           0
//   failure             +1          +1           .           0         0           0
//   inconclusive        +1           .          +1           0         0           0
//   error                .           .           .          +1         0           .
//   insufficient         .           .           .           .         0          +1
//
// The verdict is the first row that applies
//
//   errors in a row > consecutive_error_limit                        error              consecutive_error_limit
//   inconclusives > inconclusive_limit                               inconclusive       inconclusive_limit
//   failures > failure_limit                                         fail               failure_limit
//   the measurement was insufficient, and
//     insufficient in a row > insufficient_data_limit                insufficient_data  insufficient_data_limit
//   consecutive_success_limit > 0 and successes in a row reach it    pass               consecutive_success_limit
//   measurements reach count > 0, and
//     failures are limited and consecutive_success_limit is 0        pass               count
//     failures are limited and consecutive_success_limit is not 0    inconclusive       count
//     failures are not limited, consecutive_success_limit is not 0   fail               count
//     neither is given                                               pass               count
//   otherwise                                                        continue           measuring
//
// A limit of -1 never applies. Only a measurement can pass: after an error or without data the last two rows of
// success do not apply. With `flagger`, errors and insufficient data are failures, inconclusive ones too, and the
// limits are: failures > threshold - 1. With min_requests insufficient data stays what it is: no traffic is no failure.
#pragma once

#include <string>

#include "plugins/analyzers/threshold/settings.hpp"

namespace slipway::threshold {

enum class Measurement : std::uint8_t { success, failure, inconclusive, error, insufficient };

// The limits in effect, with the preset resolved.
Settings effective(Settings settings);
Measurement effective(const Settings& settings, Measurement measured);

void count(State& state, Measurement measured);

struct Ruling {
  analyzer::Verdict verdict = analyzer::Verdict::proceed;
  std::string code;
};
Ruling rule(const Settings& settings, const State& state, Measurement measured);

// How the count stands, for the reason: "failure 1 of at most 0".
std::string standing(const Settings& settings, const State& state, Measurement measured);

}  // namespace slipway::threshold
