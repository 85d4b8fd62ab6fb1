// The Mann-Whitney test as a judge of a canary uses it: by how much is one group shifted against the other? Pure.
//
// x are the points of the judged group, y those of the baseline; m and n their numbers, at least one each, all finite.
// With r the average ranks of the x among (x - mu) and y together:
//   d(mu) = sum of r - m (m + 1) / 2 - m n / 2
//   s(mu) = sqrt(m n / 12 (m + n + 1 - sum over ties of (t^3 - t) / ((m + n) (m + n - 1))))
//   f(mu, z) = (d - sign(d) / 2) / s - z
// f falls as mu grows. The shift is where f(mu, 0) changes its sign, the ends of its interval where f(mu, z) and f(mu,
// -z) do; an end without a change of sign is the smallest or largest difference. The form is that of Kayenta's judge
// (NetflixACAJudge); R's wilcox.test computes the same.
#pragma once

#include <optional>
#include <span>

namespace slipway::judge {

struct Points {
  std::span<const double> x;
  std::span<const double> y;
};

// Of mu; nothing where s is 0: all values are the same.
std::optional<double> statistic(const Points& points, double mu, double z);
// U of x, with ties counted half.
double u_of(const Points& points);
// sqrt of the variance of U.
double sigma_of(const Points& points);

struct Shift {
  double estimate = 0;
  double low = 0;
  double high = 0;
};

// Exact: the estimate is the median of all m n differences, the ends are differences too. Nothing when every value is
// the same. `confidence` in (0, 1).
std::optional<Shift> shift_of(const Points& points, double confidence);
// By root finding with an absolute tolerance of 1e-4, as Kayenta does: coarse for metrics that are small numbers.
std::optional<Shift> shift_as_kayenta(const Points& points, double confidence);

// P(X > Y) + P(X = Y) / 2: 0.5 when neither is larger.
double common_language_effect(const Points& points);
// mean(x) / mean(y); nothing when either is 0.
std::optional<double> mean_ratio(const Points& points);

}  // namespace slipway::judge
