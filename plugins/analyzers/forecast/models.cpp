#include "plugins/analyzers/forecast/models.hpp"

#include <algorithm>
#include <cmath>
#include <limits>

namespace slipway::forecast {
namespace {

constexpr double kNothing = std::numeric_limits<double>::quiet_NaN();
constexpr std::size_t kBlocksOfASeason = 7;
// Pairs of so many points are looked at; a longer series is seen in blocks.
constexpr std::size_t kMostBlocks = 168;

struct Point {
  double at = 0;
  double value = 0;
};

std::vector<Point> points_of(std::span<const double> series) {
  std::vector<Point> points;
  for (std::size_t i = 0; i < series.size(); ++i) {
    if (!std::isnan(series[i])) points.push_back({static_cast<double>(i), series[i]});
  }
  return points;
}

// One point for each block, in its middle: what `make` makes of the block's values.
template <class Make>
std::vector<Point> blocks_of(std::span<const double> series, std::size_t wanted, Make make) {
  const std::size_t length = std::max<std::size_t>({1, wanted, (series.size() + kMostBlocks - 1) / kMostBlocks});
  std::vector<Point> points;
  for (std::size_t begin = 0; begin + length <= series.size(); begin += length) {
    std::vector<double> values;
    for (const Point& point : points_of(series.subspan(begin, length))) values.push_back(point.value);
    if (!values.empty())
      points.push_back({static_cast<double>(begin) + static_cast<double>(length - 1) / 2, make(std::move(values))});
  }
  return points;
}

Curve line_through_medians(const std::vector<Point>& points) {
  std::vector<double> slopes;
  slopes.reserve(points.size() * (points.size() - 1) / 2);
  for (std::size_t i = 0; i < points.size(); ++i) {
    for (std::size_t j = i + 1; j < points.size(); ++j)
      slopes.push_back((points[j].value - points[i].value) / (points[j].at - points[i].at));
  }
  std::vector<double> at;
  std::vector<double> values;
  for (const Point& point : points) {
    at.push_back(point.at);
    values.push_back(point.value);
  }
  const double slope = median(std::move(slopes));
  return {.level = median(std::move(values)) - slope * median(std::move(at)), .slope = slope};
}

Fit fitted(Curve curve, std::span<const double> series) {
  Fit fit{std::move(curve), {}};
  for (std::size_t i = 0; i < series.size(); ++i) {
    const double expected = fit.curve.at(i);
    const double error = fit.curve.shape == Shape::added ? series[i] - expected : series[i] / expected;
    if (std::isfinite(error)) fit.errors.push_back(error);
  }
  return fit;
}

double median_of(std::span<const double> series) {
  std::vector<double> values;
  for (const Point& point : points_of(series)) values.push_back(point.value);
  return median(std::move(values));
}

double mean_of(std::span<const double> series) {
  double sum = 0;
  const auto points = points_of(series);
  for (const Point& point : points) sum += point.value;
  return sum / static_cast<double>(points.size());
}

// Seasons end with the series, so that the newest is whole. None when a season's median is not above 0.
std::optional<std::vector<double>> profile_of(std::span<const double> series, std::size_t season) {
  std::vector<std::vector<double>> ratios(season);
  for (std::size_t begin = series.size() % season; begin < series.size(); begin += season) {
    const double middle = median_of(series.subspan(begin, season));
    if (!(middle > 0)) return std::nullopt;
    for (std::size_t i = begin; i < begin + season; ++i) {
      if (!std::isnan(series[i])) ratios[i % season].push_back(series[i] / middle);
    }
  }
  std::vector<double> profile;
  for (auto& of_slot : ratios) profile.push_back(of_slot.empty() ? 1 : median(std::move(of_slot)));
  return profile;
}

}  // namespace

double median(std::vector<double> values) {
  if (values.empty()) return kNothing;
  const auto middle = values.begin() + static_cast<std::ptrdiff_t>(values.size() / 2);
  std::nth_element(values.begin(), middle, values.end());
  if (values.size() % 2 == 1) return *middle;
  return (*middle + *std::max_element(values.begin(), middle)) / 2;
}

double Curve::at(std::size_t point) const {
  const double line = level + slope * static_cast<double>(point);
  if (profile.empty()) return line;
  const double part = profile[point % profile.size()];
  return shape == Shape::added ? line + part : line * part;
}

double Curve::off(std::size_t point, double error) const {
  return shape == Shape::added ? at(point) + error : at(point) * error;
}

double Fit::error(double share) const {
  if (errors.empty()) return curve.shape == Shape::added ? 0 : 1;
  std::vector<double> sorted = errors;
  const auto rank = sorted.begin() + static_cast<std::ptrdiff_t>(share * static_cast<double>(sorted.size() - 1));
  std::nth_element(sorted.begin(), rank, sorted.end());
  return *rank;
}

std::optional<Fit> linear(std::span<const double> series) {
  const auto points = points_of(series);
  if (points.size() < 2) return std::nullopt;
  const auto n = static_cast<double>(points.size());
  Point middle;
  for (const Point& point : points) middle = {middle.at + point.at / n, middle.value + point.value / n};
  double spread = 0;
  double together = 0;
  for (const Point& point : points) {
    spread += (point.at - middle.at) * (point.at - middle.at);
    together += (point.at - middle.at) * (point.value - middle.value);
  }
  const double slope = together / spread;
  return fitted({.level = middle.value - slope * middle.at, .slope = slope}, series);
}

std::optional<Fit> theil_sen(std::span<const double> series) {
  const auto points = blocks_of(series, 1, median);
  if (points.size() < 2) return std::nullopt;
  return fitted(line_through_medians(points), series);
}

std::optional<Fit> seasonal_theil_sen(std::span<const double> series, std::size_t season) {
  if (season < 2 || series.size() < 3 * season) return std::nullopt;
  auto profile = profile_of(series, season);
  if (!profile) return std::nullopt;
  std::vector<double> level(series.begin(), series.end());
  for (std::size_t i = 0; i < level.size(); ++i) {
    const double part = (*profile)[i % season];
    level[i] = part > 0 ? level[i] / part : kNothing;
  }
  const auto blocks = blocks_of(level, season / kBlocksOfASeason, median);
  Curve curve = line_through_medians(blocks);
  curve.shape = Shape::multiplied;
  curve.profile = std::move(*profile);
  return fitted(std::move(curve), series);
}

std::optional<Fit> theil_sen_of_maxima(std::span<const double> series, std::size_t block) {
  const auto maxima = blocks_of(
      series, block, [](const std::vector<double>& values) { return *std::max_element(values.begin(), values.end()); });
  if (maxima.size() < 3) return std::nullopt;
  return fitted(line_through_medians(maxima), series);
}

std::optional<Fit> holt_winters(std::span<const double> series, std::size_t season, const Smoothing& smoothing) {
  if (season < 2 || series.size() < 2 * season) return std::nullopt;
  double level = mean_of(series.first(season));
  double trend = (mean_of(series.subspan(season, season)) - level) / static_cast<double>(season);
  if (!std::isfinite(level) || !std::isfinite(trend)) return std::nullopt;
  std::vector<double> profile;
  for (const double value : series.first(season)) profile.push_back(std::isnan(value) ? 0 : value - level);
  Fit fit;
  for (std::size_t i = season; i < series.size(); ++i) {
    double& part = profile[i % season];
    const double expected = level + trend + part;
    const double value = std::isnan(series[i]) ? expected : series[i];
    if (!std::isnan(series[i])) fit.errors.push_back(value - expected);
    const double before = level;
    level = smoothing.level * (value - part) + (1 - smoothing.level) * (level + trend);
    trend = smoothing.trend * (level - before) + (1 - smoothing.trend) * trend;
    part = smoothing.season * (value - level) + (1 - smoothing.season) * part;
  }
  fit.curve = {.level = level - trend * static_cast<double>(series.size() - 1),
               .slope = trend,
               .shape = Shape::added,
               .profile = std::move(profile)};
  return fit;
}

}  // namespace slipway::forecast
