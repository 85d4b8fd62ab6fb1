#include "plugins/analyzers/sequential/split.hpp"

#include <cmath>

namespace slipway::sequential {
namespace {

// Extended precision: differences of values near 1e9 are wanted to ten digits.
long double log_gamma(long double x) {
  int sign = 0;
  return ::lgammal_r(x, &sign);
}

}  // namespace

double split_evidence(std::span<const std::int64_t> counts, std::span<const double> shares, double concentration) {
  long double evidence = 0;
  long double total = 0;
  for (std::size_t i = 0; i < counts.size(); ++i) {
    const long double prior = static_cast<long double>(concentration) * static_cast<long double>(shares[i]);
    const auto count = static_cast<long double>(counts[i]);
    evidence += log_gamma(prior + count) - log_gamma(prior) - count * std::log(static_cast<long double>(shares[i]));
    total += count;
  }
  const auto strength = static_cast<long double>(concentration);
  return static_cast<double>(evidence - log_gamma(strength + total) + log_gamma(strength));
}

}  // namespace slipway::sequential
