// How a series goes on: a straight line, with a profile that repeats each season. Pure. Points have equal distances,
// the oldest first; one that is missing is NaN.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <vector>

namespace slipway::forecast {

enum class Shape : std::uint8_t { added, multiplied };

// The value at a point, by its number; those from the series' length on lie ahead.
struct Curve {
  double level = 0;  // at point 0
  double slope = 0;  // a point
  Shape shape = Shape::added;
  std::vector<double> profile;  // by number modulo its length; empty: none

  [[nodiscard]] double at(std::size_t point) const;
  // A value that lies that far from it: by a difference, or by a ratio where the profile is multiplied.
  [[nodiscard]] double off(std::size_t point, double error) const;
};

// A curve, and how far the series lay off it.
struct Fit {
  Curve curve;
  std::vector<double> errors;

  // The error that `share` of the points did not exceed. Approximate ahead: a forecast gets worse with distance.
  [[nodiscard]] double error(double share) const;
};

// Least squares; equal values give a line without slope. None for fewer than two points. (Prometheus' predict_linear.)
std::optional<Fit> linear(std::span<const double> series);

// The median of the slopes between all pairs of points, which a third of wild ones does not move. More than 168 points
// are taken as medians of blocks.
std::optional<Fit> theil_sen(std::span<const double> series);

// Theil-Sen over the medians of blocks of a seventh of a season, after the series was divided by its profile: the
// median, over the seasons, of the value over the season's median. None for fewer than three seasons, or for a season
// whose median is not above 0.
std::optional<Fit> seasonal_theil_sen(std::span<const double> series, std::size_t season);

// Theil-Sen over the maxima of blocks of that many points. None for fewer than three blocks.
std::optional<Fit> theil_sen_of_maxima(std::span<const double> series, std::size_t block);

struct Smoothing {
  double level = 0.2;
  double trend = 0.05;
  double season = 0.2;
};
// Additive Holt-Winters. It begins with the first season's mean, the mean's change to the second and the first's
// differences from its mean; a missing point is passed over. None for fewer than two seasons.
std::optional<Fit> holt_winters(std::span<const double> series, std::size_t season, const Smoothing& smoothing);

// NaN for no values.
double median(std::vector<double> values);

}  // namespace slipway::forecast
