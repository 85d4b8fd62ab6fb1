// The numbers of the Mann-Whitney judge, held against values that were computed apart from this code.
#include <gtest/gtest.h>

#include <array>
#include <cmath>
#include <string>
#include <vector>

#include "plugins/analyzers/judge/mann_whitney.hpp"

namespace slipway::judge {
namespace {

struct Vector {
  std::string name;
  std::vector<double> x;
  std::vector<double> y;
  double u;
  double sigma;
  double p_two_sided;
  double p_greater;
  std::array<double, 2> kayenta;  // ends of the interval at 98 %
  std::array<double, 2> exact;
  double estimate;
  double effect;
  double ratio;
};

const std::vector<Vector>& vectors() {
  static const std::vector<Vector> list{{"A",
                                         {10, 20, 30, 40},
                                         {1, 2, 3, 4},
                                         16,
                                         3.4641016151,
                                         0.03038282198,
                                         0.01519141099,
                                         {6, 39},
                                         {6, 39},
                                         22.5,
                                         1,
                                         10},
                                        {"B",
                                         {3, 4, 4, 5, 6, 7, 7, 8},
                                         {1, 2, 2, 3, 4, 4, 5, 5},
                                         52.5,
                                         9.4021274188,
                                         0.03340528396,
                                         0.01670264198,
                                         {0, 4.999936},
                                         {0, 5},
                                         2,
                                         0.8203125,
                                         22.0 / 13},
                                        {"C",
                                         {0, 0, 1, 0, 2, 0, 0, 1, 3, 0},
                                         {0, 0, 0, 1, 0, 0, 0, 0, 1, 0},
                                         62,
                                         10.6684483161,
                                         0.2810583234,
                                         0.1405291617,
                                         {-0.000022, 1.000033},
                                         {0, 1},
                                         0,
                                         0.62,
                                         3.5},
                                        {"D",
                                         {2.1, 2.5, 2.2, 2.8, 2.4, 2.6, 2.9, 2.3},
                                         {2.0, 2.2, 2.1, 2.4, 2.3, 2.5, 2.0, 2.2},
                                         50,
                                         9.4586820787,
                                         0.06429163833,
                                         0.03214581916,
                                         {-0.099964, 0.600005},
                                         {-0.1, 0.6},
                                         0.25,
                                         0.78125,
                                         198.0 / 177},
                                        {"E",
                                         {5, 5, 5, 5, 5, 6},
                                         {5, 5, 5, 5, 5, 5},
                                         21,
                                         3,
                                         0.4046567619,
                                         0.202328381,
                                         {0, 0.999939},
                                         {0, 1},
                                         0,
                                         7.0 / 12,
                                         31.0 / 30},
                                        {"F",
                                         {12.1, 11.8, 12.6, 13.0, 12.2, 11.9, 12.8, 12.4, 12.7, 12.3},
                                         {10.1, 10.4, 9.8, 10.9, 10.2, 10.6, 10.0, 10.3, 10.7, 10.5},
                                         100,
                                         13.2287565553,
                                         0.0001826717911,
                                         9.133589555e-05,
                                         {1.599945, 2.499947},
                                         {1.6, 2.5},
                                         2,
                                         1,
                                         1238.0 / 1035}};
  return list;
}

class MannWhitney : public testing::TestWithParam<Vector> {
 protected:
  Points points{GetParam().x, GetParam().y};
};

TEST_P(MannWhitney, HasTheNumbersThatWereComputedApart) {
  const auto expect_close = [](double value, double wanted) { EXPECT_NEAR(value, wanted, 1e-9 * wanted); };
  EXPECT_DOUBLE_EQ(u_of(points), GetParam().u);
  expect_close(sigma_of(points), GetParam().sigma);
  const double z = *statistic(points, 0, 0);
  expect_close(std::erfc(std::abs(z) / std::sqrt(2)), GetParam().p_two_sided);
  expect_close(std::erfc(z / std::sqrt(2)) / 2, GetParam().p_greater);
  expect_close(common_language_effect(points), GetParam().effect);
  expect_close(*mean_ratio(points), GetParam().ratio);
}

TEST_P(MannWhitney, TheExactIntervalEndsAtDifferences) {
  const auto shift = shift_of(points, 0.98);
  ASSERT_TRUE(shift.has_value());
  EXPECT_NEAR(shift->estimate, GetParam().estimate, 1e-12);
  EXPECT_NEAR(shift->low, GetParam().exact[0], 1e-12);
  EXPECT_NEAR(shift->high, GetParam().exact[1], 1e-12);
}

TEST_P(MannWhitney, TheIntervalAsKayentaFindsItHasItsTolerance) {
  const auto shift = shift_as_kayenta(points, 0.98);
  ASSERT_TRUE(shift.has_value());
  EXPECT_NEAR(shift->low, GetParam().kayenta[0], 1e-6);
  EXPECT_NEAR(shift->high, GetParam().kayenta[1], 1e-6);
  EXPECT_GE(*statistic(points, shift->estimate - 1e-4, 0), 0) << "the sign of f changes there";
  EXPECT_LE(*statistic(points, shift->estimate + 1e-4, 0), 0);
}

INSTANTIATE_TEST_SUITE_P(Vectors, MannWhitney, testing::ValuesIn(vectors()),
                         [](const auto& vector) { return vector.param.name; });

TEST(Statistic, FallsAsTheShiftGrows) {
  const Points points{vectors()[1].x, vectors()[1].y};
  constexpr std::array<std::array<double, 2>, 5> kWanted{
      {{-1, 2.8163878750}, {0, 2.1271781491}, {.5, 1.7392527131}, {1, 1.3294863432}, {2, 0.2677205855}}};
  for (const auto& [mu, f] : kWanted) EXPECT_NEAR(*statistic(points, mu, 0), f, 1e-10);
}

TEST(Statistic, IsNothingWhenEveryValueIsTheSame) {
  const std::vector<double> fives{5, 5, 5};
  EXPECT_FALSE(statistic({fives, fives}, 0, 0).has_value());
  EXPECT_FALSE(shift_of({fives, fives}, 0.98).has_value());
  EXPECT_FALSE(shift_as_kayenta({fives, fives}, 0.98).has_value());
}

TEST(Shift, KeepsItsExactnessWhenTheMetricIsASmallNumber) {
  std::vector<double> x = vectors()[3].x;
  std::vector<double> y = vectors()[3].y;
  for (double& value : x) value *= 1e-5;
  for (double& value : y) value *= 1e-5;
  const auto exact = shift_of({x, y}, 0.98);
  EXPECT_NEAR(exact->low, -1.0e-6, 1e-15);
  EXPECT_NEAR(exact->high, 6.0e-6, 1e-15);
  const auto coarse = shift_as_kayenta({x, y}, 0.98);
  EXPECT_GT(std::abs(coarse->low - exact->low), 1e-6) << "which is why the exact form is the default";
}

}  // namespace
}  // namespace slipway::judge
