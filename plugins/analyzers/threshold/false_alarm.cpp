#include "plugins/analyzers/threshold/false_alarm.hpp"

#include <algorithm>
#include <cmath>

#include "plugins/analyzers/threshold/measure.hpp"

namespace slipway::threshold {
namespace {

constexpr double kMost = 9'007'199'254'740'992;  // 2^53: doubles count exactly up to there

// std::lgamma writes a global variable.
double log_factorial(std::int64_t n) {
  int sign = 0;
  return lgamma_r(static_cast<double>(n) + 1, &sign);
}

double log_term(std::int64_t n, double p, std::int64_t k) {
  return log_factorial(n) - log_factorial(k) - log_factorial(n - k) + static_cast<double>(k) * std::log(p) +
         static_cast<double>(n - k) * std::log1p(-p);
}

std::int64_t count_in(const metrics::GroupSamples* samples, const char* name) {
  if (samples == nullptr) return 0;
  const auto found = samples->values.find(name);
  const bool counts = found != samples->values.end() && found->second >= 0 && found->second <= kMost;
  return counts ? std::llround(found->second) : 0;
}

bool knows(const std::optional<Expression>& expression) {
  if (!expression) return true;
  const auto names = names_in(*expression);
  return std::all_of(names.begin(), names.end(), [](std::string_view name) {
    if (name.starts_with(kBaseline)) name.remove_prefix(kBaseline.size());
    return name == "requests" || name == "failures" || name == "error_ratio";
  });
}

// A window of the judged group, beside the baseline's average one.
struct Supposed {
  double requests;
  double failures;
  double baseline_requests;
  double chance;

  [[nodiscard]] std::optional<double> operator()(std::string_view name) const {
    const bool of_baseline = name.starts_with(kBaseline);
    if (of_baseline) name.remove_prefix(kBaseline.size());
    const double total = of_baseline ? baseline_requests : requests;
    const double failed = of_baseline ? baseline_requests * chance : failures;
    if (name == "requests") return total;
    return name == "failures" ? failed : failed / total;
  }
};

bool is_failure(const Conditions& conditions, const Supposed& window) {
  const auto truth = [&](const Expression& expression) {
    return evaluate(expression, [&](const std::string& name) { return window(name); }).truth;
  };
  if (conditions.failure) return truth(*conditions.failure) == Truth::yes;
  return truth(*conditions.success) == Truth::no;
}

// The least number of failures of that window that fails a measurement; none when all failing does not, or when
// failures can't be told from successes by their number.
std::optional<std::int64_t> least_failures(const Conditions& conditions, Supposed window) {
  const auto fails = [&](std::int64_t failures) {
    window.failures = static_cast<double>(failures);
    return is_failure(conditions, window);
  };
  std::int64_t fine = 0;
  auto failing = static_cast<std::int64_t>(window.requests);
  if (fails(fine) || !fails(failing)) return std::nullopt;
  while (failing - fine > 1) {
    const std::int64_t middle = fine + (failing - fine) / 2;
    (fails(middle) ? failing : fine) = middle;
  }
  return failing;
}

}  // namespace

double binomial_tail(std::int64_t trials, double chance, std::int64_t least) {
  if (least <= 0) return 1;
  if (least > trials || chance <= 0) return 0;
  if (chance >= 1) return 1;
  const bool above = static_cast<double>(least) > static_cast<double>(trials) * chance;
  const double odds = chance / (1 - chance);
  std::int64_t k = above ? least : least - 1;
  double term = std::exp(log_term(trials, chance, k));
  double sum = 0;
  while (k >= 0 && k <= trials && term > sum * 1e-17) {
    sum += term;
    const auto at = static_cast<double>(k);
    term *= above ? (static_cast<double>(trials) - at) / (at + 1) * odds
                  : at / (static_cast<double>(trials) - at + 1) / odds;
    k += above ? 1 : -1;
  }
  return std::clamp(above ? sum : 1 - sum, 0.0, 1.0);
}

void observe(State& state, const analyzer::JudgeRequest& request) {
  const auto* next = samples_of(request, request.role);
  const auto* stable = samples_of(request, request.baseline);
  const std::int64_t requests = count_in(next, "requests");
  if (requests == 0) return;
  Traffic& traffic = state.traffic;
  ++traffic.windows;
  traffic.requests += requests;
  traffic.baseline_requests += count_in(stable, "requests");
  traffic.baseline_failures += count_in(stable, "failures");
}

std::optional<double> false_alarm(const Settings& settings, const Conditions& conditions, const State& state) {
  const Traffic& traffic = state.traffic;
  const bool is_known = knows(conditions.success) && knows(conditions.failure);
  const std::int64_t measurements = settings.count > 0 ? settings.count : state.measurements;
  if (!is_known || settings.failure_limit < 0 || traffic.baseline_requests == 0 || measurements == 0)
    return std::nullopt;
  const std::int64_t requests = traffic.requests / traffic.windows;
  const double chance = static_cast<double>(traffic.baseline_failures) / static_cast<double>(traffic.baseline_requests);
  const auto least = least_failures(conditions, {.requests = static_cast<double>(requests),
                                                 .failures = 0,
                                                 .baseline_requests = static_cast<double>(traffic.baseline_requests) /
                                                                      static_cast<double>(traffic.windows),
                                                 .chance = chance});
  if (!least) return std::nullopt;
  const double one_fails = binomial_tail(requests, chance, *least);
  return binomial_tail(measurements, one_fails, settings.failure_limit + 1);
}

}  // namespace slipway::threshold
