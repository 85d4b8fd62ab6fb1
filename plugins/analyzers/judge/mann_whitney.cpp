#include "plugins/analyzers/judge/mann_whitney.hpp"

#include <algorithm>
#include <boost/math/distributions/normal.hpp>
#include <cmath>
#include <functional>
#include <limits>
#include <numeric>
#include <vector>

namespace slipway::judge {
namespace {

double quantile_of_normal(double p) { return boost::math::quantile(boost::math::normal(), p); }

struct Ranked {
  double sum_of_x = 0;  // of the average ranks
  double ties = 0;      // sum of t^3 - t
};

Ranked rank(const Points& points, double mu) {
  std::vector<std::pair<double, bool>> all;  // value, is an x
  all.reserve(points.x.size() + points.y.size());
  for (const double x : points.x) all.emplace_back(x - mu, true);
  for (const double y : points.y) all.emplace_back(y, false);
  std::sort(all.begin(), all.end());
  Ranked ranked;
  for (std::size_t begin = 0; begin < all.size();) {
    std::size_t end = begin;
    double of_x = 0;
    while (end < all.size() && all[end].first <= all[begin].first) of_x += all[end++].second ? 1 : 0;
    const auto length = static_cast<double>(end - begin);
    ranked.sum_of_x += of_x * (static_cast<double>(begin + end) + 1) / 2;
    ranked.ties += length * length * length - length;
    begin = end;
  }
  return ranked;
}

double deviation(const Points& points, const Ranked& ranked) {
  const auto m = static_cast<double>(points.x.size());
  const auto n = static_cast<double>(points.y.size());
  return ranked.sum_of_x - m * (m + 1) / 2 - m * n / 2;
}

double sigma(const Points& points, const Ranked& ranked) {
  const auto m = static_cast<double>(points.x.size());
  const auto n = static_cast<double>(points.y.size());
  const double sum = m + n;
  return std::sqrt(std::max(0.0, m * n / 12 * (sum + 1 - ranked.ties / (sum * (sum - 1)))));
}

std::vector<double> differences(const Points& points) {
  std::vector<double> all;
  all.reserve(points.x.size() * points.y.size());
  for (const double x : points.x)
    for (const double y : points.y) all.push_back(x - y);
  std::sort(all.begin(), all.end());
  return all;
}

double median(const std::vector<double>& sorted) {
  const std::size_t half = sorted.size() / 2;
  return sorted.size() % 2 == 1 ? sorted[half] : (sorted[half - 1] + sorted[half]) / 2;
}

// f is constant between two differences, so the sign changes at one of them: the first behind which f is not positive.
double jump(const Points& points, const std::vector<double>& steps, double z) {
  std::size_t low = 0;
  std::size_t high = steps.size() - 1;
  while (low < high) {
    const std::size_t middle = (low + high) / 2;
    const double behind = std::midpoint(steps[middle], steps[middle + 1]);
    if (statistic(points, behind, z).value_or(0) > 0) {
      low = middle + 1;
    } else {
      high = middle;
    }
  }
  return steps[low];
}

// Brent's method ("zeroin"), until the bracket is narrower than the tolerance.
double root(const std::function<double(double)>& f, double low, double high, double tolerance) {
  double a = low, b = high, fa = f(a), fb = f(b);
  if (fa <= 0) return low;
  if (fb >= 0) return high;
  double c = a, fc = fa;
  for (int i = 0; i < 1'000; ++i) {
    const double previous = b - a;
    if (std::abs(fc) < std::abs(fb)) {
      a = b, b = c, c = a;
      fa = fb, fb = fc, fc = fa;
    }
    const double least = 2 * std::numeric_limits<double>::epsilon() * std::abs(b) + tolerance / 2;
    double step = (c - b) / 2;
    if (std::abs(step) <= least || fb == 0) return b;
    if (std::abs(previous) >= least && std::abs(fa) > std::abs(fb)) {
      const double width = c - b;
      double p = 0, q = 0;
      if (a == c) {
        const double s = fb / fa;
        p = width * s;
        q = 1 - s;
      } else {
        const double r = fa / fc, s = fb / fc, t = fb / fa;
        p = t * (width * r * (r - s) - (b - a) * (s - 1));
        q = (r - 1) * (s - 1) * (t - 1);
      }
      p > 0 ? q = -q : p = -p;
      if (p < 0.75 * width * q - std::abs(least * q) / 2 && p < std::abs(previous * q / 2)) step = p / q;
    }
    if (std::abs(step) < least) step = step > 0 ? least : -least;
    a = b, fa = fb;
    fb = f(b += step);
    if ((fb > 0) == (fc > 0)) c = a, fc = fa;
  }
  return b;
}

bool all_the_same(const Points& points) {
  const double first = points.x.front();
  const auto same = [&](double value) { return value == first; };
  return std::all_of(points.x.begin(), points.x.end(), same) && std::all_of(points.y.begin(), points.y.end(), same);
}

}  // namespace

std::optional<double> statistic(const Points& points, double mu, double z) {
  const Ranked ranked = rank(points, mu);
  const double d = deviation(points, ranked);
  const double s = sigma(points, ranked);
  if (s == 0) return std::nullopt;
  const double correction = d > 0 ? 0.5 : (d < 0 ? -0.5 : 0);
  return (d - correction) / s - z;
}

double u_of(const Points& points) {
  const auto m = static_cast<double>(points.x.size());
  return rank(points, 0).sum_of_x - m * (m + 1) / 2;
}

double sigma_of(const Points& points) { return sigma(points, rank(points, 0)); }

std::optional<Shift> shift_of(const Points& points, double confidence) {
  if (all_the_same(points)) return std::nullopt;
  std::vector<double> steps = differences(points);
  const double estimate = median(steps);
  steps.erase(std::unique(steps.begin(), steps.end()), steps.end());
  const double z = quantile_of_normal((1 + confidence) / 2);
  return Shift{estimate, jump(points, steps, z), jump(points, steps, -z)};
}

std::optional<Shift> shift_as_kayenta(const Points& points, double confidence) {
  if (all_the_same(points)) return std::nullopt;
  constexpr double kTolerance = 1e-4;
  const auto [least_x, most_x] = std::minmax_element(points.x.begin(), points.x.end());
  const auto [least_y, most_y] = std::minmax_element(points.y.begin(), points.y.end());
  const double low = *least_x - *most_y;
  const double high = *most_x - *least_y;
  const auto solve = [&](double z) {
    return root([&](double mu) { return statistic(points, mu, z).value_or(0); }, low, high, kTolerance);
  };
  const double z = quantile_of_normal((1 + confidence) / 2);
  return Shift{solve(0), solve(z), solve(-z)};
}

double common_language_effect(const Points& points) {
  return u_of(points) / (static_cast<double>(points.x.size()) * static_cast<double>(points.y.size()));
}

std::optional<double> mean_ratio(const Points& points) {
  const double x = std::accumulate(points.x.begin(), points.x.end(), 0.0) / static_cast<double>(points.x.size());
  const double y = std::accumulate(points.y.begin(), points.y.end(), 0.0) / static_cast<double>(points.y.size());
  return x == 0 || y == 0 ? std::nullopt : std::optional(x / y);
}

}  // namespace slipway::judge
