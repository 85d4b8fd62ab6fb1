// How likely a setting fails a release that is no worse than the running one, at the traffic that was seen. Pure
// functions; no thread rules.
#pragma once

#include "plugins/analyzers/threshold/expression.hpp"
#include "plugins/analyzers/threshold/settings.hpp"

namespace slipway::threshold {

struct Conditions;

// P(X >= least) of the binomial distribution, summed from the nearest term. Good to 1e-9 for thousands of trials, to
// 1e-3 for 2^40, where logarithms of factorials have lost their digits.
double binomial_tail(std::int64_t trials, double chance, std::int64_t least);

// The traffic of the windows into the state: requests of the judged group, requests and failures of the baseline.
void observe(State& state, const analyzer::JudgeRequest& request);

// For conditions over requests, failures and error_ratio that fail from some number of failures on: the chance that
// more than failure_limit of `count` measurements (of those so far, without count) fail when requests fail as often as
// the baseline's, each window having as many as the windows so far on average. The baseline counts as known exactly.
// None for other conditions, without a baseline, and when failures are not limited.
std::optional<double> false_alarm(const Settings& settings, const Conditions& conditions, const State& state);

}  // namespace slipway::threshold
