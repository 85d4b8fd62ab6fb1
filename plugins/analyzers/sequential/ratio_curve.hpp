// How often the judged group's requests fail compared with the baseline's: the ratio with bounds that hold at every
// look.
//
// The log-likelihood of the ratio e^v over the intervals, f(v) = sum of e v - N log(1 + w (e^v - 1)), is concave. With
// a normal prior on v, laid on 81 points of [-3, 3], the ratios whose f lies above log(sum of q f) - log(1 / alpha)
// contain the true one at all times with probability 1 - alpha (a confidence sequence).
#pragma once

#include <functional>
#include <optional>

#include "plugins/analyzers/sequential/steps.hpp"

namespace slipway::sequential {

// The curve ends at the logarithms -3 and 3 of a ratio: what lies beyond is told as these.
inline constexpr double kCurveEnd = 3;

struct RatioBounds {
  double low = 0;              // 0: the numbers set no lower bound within the curve
  double likeliest = 1;        // within the curve
  std::optional<double> high;  // absent: no upper bound
};

// f of one interval at v.
double log_likelihood(const Pair& pair, double v);
// The bounds for any f; see above.
RatioBounds bounds_of(const std::function<double(double)>& curve, double alpha);

// f at the points of the prior, added up interval by interval; between them it is interpolated.
class RatioCurve {
 public:
  static constexpr std::size_t kPoints = 81;
  void add(const Pair& pair);
  [[nodiscard]] RatioBounds bounds(double alpha) const;
  void save(std::vector<double>& to) const;
  void restore(std::span<const double>& from);

 private:
  [[nodiscard]] double at(double v) const;
  std::array<double, kPoints> values_{};
};

}  // namespace slipway::sequential
