// The numbers of the Mann-Whitney judge, held against values that were computed apart from this code.
#include "tests/unit/plugins/analyzers/judge_vectors.hpp"

#include <gtest/gtest.h>

#include <cmath>

#include "plugins/analyzers/judge/mann_whitney.hpp"

namespace slipway::judge {
namespace {

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
