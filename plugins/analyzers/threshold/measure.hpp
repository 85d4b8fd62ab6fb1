// One look at the numbers: what it found, in a sentence. Pure functions; no thread rules.
#pragma once

#include "plugins/analyzers/threshold/counters.hpp"
#include "plugins/analyzers/threshold/expression.hpp"

namespace slipway::threshold {

// What a number's name begins with that is the baseline's.
constexpr std::string_view kBaseline = "baseline.";

// The conditions of the settings, parsed; at least one is there.
struct Conditions {
  std::optional<Expression> success;
  std::optional<Expression> failure;
};

// Both conditions, or every fault with its path.
Result<Conditions> conditions_of(const Settings& settings);

// Whether a condition names a number of the baseline.
bool reads_baseline(const Conditions& conditions);

struct Finding {
  Measurement measurement = Measurement::error;
  std::string sentence;  // "error_ratio 0.198 of 512 requests is not < 0.05"
  Json evidence;         // the numbers that the conditions name
};

Finding measure(const Settings& settings, const Conditions& conditions, const analyzer::JudgeRequest& request);

}  // namespace slipway::threshold
