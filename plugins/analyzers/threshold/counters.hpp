// From one measurement to the verdict: the first table of docs/reference/verdicts.md. Pure functions; no thread rules.
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
// Only a measurement can pass. With `flagger`, errors and inconclusive ones are failures, and the limits are: failures
// > threshold - 1. Insufficient data stays what it is: no traffic is no failure.
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
