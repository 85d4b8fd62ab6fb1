#include "plugins/analyzers/sequential/logs.hpp"

#include <algorithm>
#include <cmath>
#include <limits>

namespace slipway::sequential {
namespace {

constexpr double kNothing = -std::numeric_limits<double>::infinity();

}  // namespace

double log_add(double a, double b) {
  const double larger = std::max(a, b);
  if (larger == kNothing) return kNothing;
  return larger + std::log1p(std::exp(-std::abs(a - b)));
}

double log_sum(std::span<const double> logs) {
  if (logs.empty()) return kNothing;
  const double largest = *std::max_element(logs.begin(), logs.end());
  if (largest == kNothing) return kNothing;
  double sum = 0;
  for (const double log : logs) sum += std::exp(log - largest);
  return largest + std::log(sum);
}

double log_mean(std::span<const double> logs) {
  return logs.empty() ? kNothing : log_sum(logs) - std::log(static_cast<double>(logs.size()));
}

}  // namespace slipway::sequential
