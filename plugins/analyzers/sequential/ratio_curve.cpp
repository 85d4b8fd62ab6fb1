#include "plugins/analyzers/sequential/ratio_curve.hpp"

#include <algorithm>
#include <cmath>

#include "plugins/analyzers/sequential/logs.hpp"

namespace slipway::sequential {
namespace {

constexpr double kEnd = kCurveEnd;
constexpr double kStride = 2 * kEnd / (RatioCurve::kPoints - 1);

double point(std::size_t i) { return -kEnd + kStride * static_cast<double>(i); }

// Logs of the standard normal density on the points, scaled to the sum 1.
std::array<double, RatioCurve::kPoints> log_prior() {
  std::array<double, RatioCurve::kPoints> prior{};
  for (std::size_t i = 0; i < prior.size(); ++i) prior[i] = -point(i) * point(i) / 2;
  const double sum = log_sum(prior);
  for (double& log : prior) log -= sum;
  return prior;
}

// One step of Newton's towards where the slope is 0, by five points. Around its summit a curve is flat: its values tell
// only half of the digits of the place, the slope tells nearly all.
double towards_summit(const std::function<double(double)>& curve, double v) {
  constexpr double kStep = 1e-3;
  const double far_left = curve(v - 2 * kStep);
  const double left = curve(v - kStep);
  const double right = curve(v + kStep);
  const double far_right = curve(v + 2 * kStep);
  const double slope = (far_left - far_right + 8 * (right - left)) / (12 * kStep);
  const double bend = (16 * (left + right) - far_left - far_right - 30 * curve(v)) / (12 * kStep * kStep);
  return bend < 0 ? v - std::clamp(slope / bend, -kStep, kStep) : v;
}

// Where a concave curve is highest.
double summit(const std::function<double(double)>& curve) {
  double low = -kEnd;
  double high = kEnd;
  constexpr double kGolden = 0.61803398874989485;
  double left = high - kGolden * (high - low);
  double right = low + kGolden * (high - low);
  double at_left = curve(left);
  double at_right = curve(right);
  while (high - low > 1e-6) {
    if (at_left > at_right) {
      high = right, right = left, at_right = at_left;
      at_left = curve(left = high - kGolden * (high - low));
    } else {
      low = left, left = right, at_left = at_right;
      at_right = curve(right = low + kGolden * (high - low));
    }
  }
  return std::clamp(towards_summit(curve, (low + high) / 2), -kEnd, kEnd);
}

// Where the curve leaves the level between `inside`, above it, and `outside`; nothing when it is above there too.
std::optional<double> crossing(const std::function<double(double)>& curve, double level, double inside,
                               double outside) {
  if (curve(outside) > level) return std::nullopt;
  while (std::abs(outside - inside) > 1e-12) {
    const double middle = (inside + outside) / 2;
    (curve(middle) > level ? inside : outside) = middle;
  }
  return inside;
}

// What of an interval the likelihood of a ratio depends on.
struct Interval {
  double share = 0;  // of the judged group
  double bad = 0;    // its bad requests
  double all_bad = 0;
};

Interval interval_of(const Pair& pair) {
  const auto requests = static_cast<double>(pair.next.requests);
  return {requests / (requests + static_cast<double>(pair.stable.requests)), static_cast<double>(pair.next.bad),
          static_cast<double>(pair.next.bad + pair.stable.bad)};
}

double log_likelihood(const Interval& interval, double v, double excess) {
  return interval.bad * v - interval.all_bad * std::log1p(interval.share * excess);
}

// e^v - 1 at the points.
std::array<double, RatioCurve::kPoints> excesses() {
  std::array<double, RatioCurve::kPoints> list{};
  for (std::size_t i = 0; i < list.size(); ++i) list[i] = std::expm1(point(i));
  return list;
}

}  // namespace

double log_likelihood(const Pair& pair, double v) {
  return pair.next.requests == 0 || pair.stable.requests == 0 ? 0 : log_likelihood(interval_of(pair), v, std::expm1(v));
}

RatioBounds bounds_of(const std::function<double(double)>& curve, double alpha) {
  static const auto prior = log_prior();
  std::array<double, RatioCurve::kPoints> weighed{};
  for (std::size_t i = 0; i < weighed.size(); ++i) weighed[i] = curve(point(i)) + prior[i];
  const double level = log_sum(weighed) + std::log(alpha);
  const double top = summit(curve);
  const auto low = crossing(curve, level, top, -kEnd);
  const auto high = crossing(curve, level, top, kEnd);
  RatioBounds bounds{low ? std::exp(*low) : 0, std::exp(top), std::nullopt};
  if (high) bounds.high = std::exp(*high);
  return bounds;
}

void RatioCurve::add(const Pair& pair) {
  if (pair.next.requests == 0 || pair.stable.requests == 0) return;
  static const auto excess = excesses();
  const Interval interval = interval_of(pair);
  for (std::size_t i = 0; i < values_.size(); ++i) values_[i] += log_likelihood(interval, point(i), excess[i]);
}

RatioBounds RatioCurve::bounds(double alpha) const {
  return bounds_of([this](double v) { return at(v); }, alpha);
}

// The cubic through the four nearest points.
double RatioCurve::at(double v) const {
  const double place = std::clamp((v + kEnd) / kStride, 0.0, static_cast<double>(kPoints - 1));
  const auto first = static_cast<std::size_t>(std::clamp(std::floor(place) - 1, 0.0, static_cast<double>(kPoints - 4)));
  const double x = place - static_cast<double>(first);
  const double* y = &values_.at(first);
  return -y[0] * (x - 1) * (x - 2) * (x - 3) / 6 + y[1] * x * (x - 2) * (x - 3) / 2 - y[2] * x * (x - 1) * (x - 3) / 2 +
         y[3] * x * (x - 1) * (x - 2) / 6;
}

void RatioCurve::save(std::vector<double>& to) const { to.insert(to.end(), values_.begin(), values_.end()); }

void RatioCurve::restore(std::span<const double>& from) {
  std::copy_n(from.begin(), values_.size(), values_.begin());
  from = from.subspan(values_.size());
}

}  // namespace slipway::sequential
