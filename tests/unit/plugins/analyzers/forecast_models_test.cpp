// The forecasts' numbers, held against values that were computed apart from this code.
#include <gtest/gtest.h>

#include <array>
#include <cmath>
#include <numeric>
#include <random>
#include <slipway/status.hpp>

#include "plugins/analyzers/forecast/history.hpp"
#include "plugins/analyzers/forecast/models.hpp"

namespace slipway::forecast {
namespace {

const std::vector<double> kOneWild{3, 5, 4, 9, 7, 12, 8, 40, 13, 15};

// Three seasons of 14 points and three points more, growing, with small steps around.
std::vector<double> seasons() {
  constexpr int kBase[] = {10, 12, 20, 33, 41, 38, 30, 22, 18, 15, 13, 11, 9, 8};
  std::vector<double> series;
  for (int i = 0; i < 45; ++i) series.push_back(kBase[i % 14] * (1 + 0.01 * i) + (i * 7 % 5 - 2) * 0.5);
  return series;
}

void expect_near(double seen, double wanted) { EXPECT_NEAR(seen, wanted, 1e-9 * std::abs(wanted)); }

TEST(LinearForecast, IsThatOfLeastSquares) {
  const auto fit = linear(kOneWild);
  ASSERT_TRUE(fit);
  expect_near(fit->curve.slope, 2.096969696969697);
  expect_near(fit->curve.level, 2.1636363636363622);
  expect_near(fit->curve.at(14), 31.521212121212123);
}

// Six points a minute apart, ten minutes ahead; the fourth of the second series is wild. As Prometheus' predict_linear
// and SciPy's theilslopes have them.
TEST(Forecasts, HaveTheValuesOfPrometheusAndScipy) {
  const std::vector<double> calm{10, 12, 11, 15, 16, 18};
  const std::vector<double> wild{10, 12, 11, 150, 16, 18};
  expect_near(linear(calm)->curve.at(15), 101.0 / 3);
  expect_near(theil_sen(calm)->curve.slope, 0.025 * 60);
  expect_near(theil_sen(calm)->curve.level, 9.75);
  expect_near(linear(wild)->curve.at(15), 104.38095238095238);
  expect_near(theil_sen(wild)->curve.at(15), 34);
}

TEST(HoltWintersForecast, HasTheValuesThatWereComputedApart) {
  const std::vector<double> series{10, 20, 30, 20, 13, 21, 33, 22, 14, 26, 34, 23, 16, 25, 37, 26};
  const auto fit = holt_winters(series, 4, {.level = 0.5, .trend = 0.1, .season = 0.1});
  ASSERT_TRUE(fit);
  expect_near(fit->curve.slope, 0.5142210430863545);
  expect_near(fit->curve.level + 15 * fit->curve.slope, 26.61676204636259);
  const std::array ahead{17.33837127378476, 27.623333599320524, 38.156465819865076, 28.442808966429904};
  for (std::size_t i = 0; i < ahead.size(); ++i) expect_near(fit->curve.at(16 + i), ahead.at(i));
}

TEST(LinearForecast, EqualValuesGoOnAsTheyAre) {
  expect_near(linear(std::vector<double>(20, 0.1))->curve.at(500), 0.1);
}

TEST(TheilSenForecast, IsNotMovedByAWildPoint) {
  const auto fit = theil_sen(kOneWild);
  ASSERT_TRUE(fit);
  expect_near(fit->curve.slope, 1.5);
  expect_near(fit->curve.at(14), 22.75);
}

TEST(SeasonalForecast, HasTheTrendAndTheProfile) {
  const auto fit = seasonal_theil_sen(seasons(), 14);
  ASSERT_TRUE(fit);
  expect_near(fit->curve.slope, 0.15991775489762755);
  expect_near(fit->curve.at(45), 45.24506423837043);
  expect_near(fit->curve.at(50), 26.471563229437447);
  expect_near(fit->curve.at(58), 33.31240122729771);
}

TEST(SeasonalForecast, WantsThreeSeasonsThatAreNotEmpty) {
  auto series = seasons();
  EXPECT_FALSE(seasonal_theil_sen(std::span(series).first(41), 14));
  EXPECT_TRUE(seasonal_theil_sen(std::span(series).first(42), 14));
  std::fill_n(series.begin() + 3, 14, 0.0);
  EXPECT_FALSE(seasonal_theil_sen(series, 14)) << "the first season's median is 0";
}

// Each season's peak grows by 2 %; noise of 5 %, and in one hour of a hundred a spike of three times the load.
TEST(SeasonalForecast, MeetsTheNextPeakThoughTheHistoryHasSpikes) {
  std::vector<double> errors;
  for (std::uint32_t seed = 1; seed <= 50; ++seed) {
    std::mt19937 random(seed);
    std::normal_distribution<double> noise(1, 0.05);
    const auto load = [](std::size_t i) {
      return (100 + 60 * std::sin(static_cast<double>(i % 24) / 24 * 6.283185307)) *
             (1 + 0.02 * static_cast<double>(i) / 168);
    };
    std::vector<double> series;
    for (std::size_t i = 0; i < 4 * 168; ++i) series.push_back(load(i) * noise(random) * (random() % 100 == 0 ? 3 : 1));
    const auto fit = seasonal_theil_sen(series, 168);
    ASSERT_TRUE(fit);
    double peak = 0;
    double wanted = 0;
    for (std::size_t i = series.size(); i < series.size() + 168; ++i) {
      peak = std::max(peak, fit->curve.at(i));
      wanted = std::max(wanted, load(i));
    }
    errors.push_back(std::abs(peak / wanted - 1));
  }
  EXPECT_LT(median(errors), 0.06);
}

TEST(MaximaForecast, IsTheilSenOverBlocks) {
  const auto fit = theil_sen_of_maxima(seasons(), 2);
  ASSERT_TRUE(fit);
  expect_near(fit->curve.slope, -0.013000000000000034);
  expect_near(fit->curve.level, 21.229500000000005);
  EXPECT_FALSE(theil_sen_of_maxima(kOneWild, 4)) << "two blocks";
}

TEST(HoltWintersForecast, SmoothsLevelTrendAndProfile) {
  const auto fit = holt_winters(seasons(), 14, {.level = 0.2, .trend = 0.05, .season = 0.2});
  ASSERT_TRUE(fit);
  expect_near(fit->curve.slope, 0.1330909800297477);
  expect_near(fit->curve.at(45), 41.07888879790707);
  expect_near(fit->curve.at(50), 25.19787137381995);
  expect_near(fit->curve.at(58), 29.61578181611059);
  EXPECT_FALSE(holt_winters(std::span(kOneWild), 6, {})) << "fewer than two seasons";
}

TEST(Forecasts, PassOverMissingPoints) {
  std::vector<double> series(60);
  std::iota(series.begin(), series.end(), 100.0);
  for (const std::size_t missing : {3U, 17U, 18U, 40U}) series[missing] = std::nan("");
  EXPECT_NEAR(linear(series)->curve.at(100), 200, 1e-9);
  EXPECT_NEAR(theil_sen(series)->curve.at(100), 200, 1e-9);
  EXPECT_NEAR(seasonal_theil_sen(series, 14)->curve.at(100), 200, 10);
  EXPECT_NEAR(holt_winters(series, 14, {})->curve.at(100), 200, 10);
}

TEST(Forecasts, WantTwoPoints) {
  const std::vector<double> one{std::nan(""), 4};
  EXPECT_FALSE(linear(one));
  EXPECT_FALSE(theil_sen(one));
  EXPECT_FALSE(linear({}));
}

TEST(ForecastError, IsTheOneThatThePartOfThePointsDidNotExceed) {
  Fit fit{{.level = 10, .slope = 1}, {5, 1, 2, 3, 4}};
  EXPECT_EQ(fit.error(0.5), 3);
  EXPECT_EQ(fit.curve.off(2, fit.error(1)), 17);
  fit.curve.shape = Shape::multiplied;
  EXPECT_EQ(fit.curve.off(2, fit.error(0)), 12);
  fit.errors.clear();
  EXPECT_EQ(fit.curve.off(2, fit.error(0.9)), 12) << "nothing is known of errors";
}

TEST(ForecastHistory, ComesBackAsItWasAndFitsAState) {
  std::vector<double> points;
  for (std::size_t i = 0; i < kMostPoints; ++i) points.push_back(static_cast<float>(1.0 / static_cast<double>(i + 1)));
  EXPECT_EQ(unpack(pack(points)), points);
  EXPECT_LE(pack(points).size(), 3'600U);
  EXPECT_TRUE(std::isnan(unpack(pack(std::vector<double>{std::nan("")})).front()));
  EXPECT_TRUE(unpack("").empty());
}

TEST(ForecastHistory, ADamagedOneIsRefused) {
  EXPECT_THROW(unpack("abc"), Error);
  EXPECT_THROW(unpack("ab!="), Error);
  EXPECT_THROW(unpack(pack(std::vector<double>{INFINITY})), Error);
  EXPECT_THROW(unpack(pack(std::vector<double>(kMostPoints + 1))), Error);
}

}  // namespace
}  // namespace slipway::forecast
