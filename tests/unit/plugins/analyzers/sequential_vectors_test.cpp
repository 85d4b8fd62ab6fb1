// The numbers of the method, held against values that were computed apart from this code.
#include <gtest/gtest.h>

#include <cmath>

#include "plugins/analyzers/sequential/mixture.hpp"
#include "plugins/analyzers/sequential/ratio_curve.hpp"
#include "plugins/analyzers/sequential/split.hpp"

namespace slipway::sequential {
namespace {

using Intervals = std::vector<Pair>;
constexpr Grid kGrid{};

void expect_close(double value, double wanted, double relative = 1e-9) {
  EXPECT_NEAR(value, wanted, std::max(std::abs(wanted) * relative, 1e-12));
}

double ratio_evidence(const Intervals& intervals, double limit, const std::vector<double>& ratios) {
  Mixture mixture(ratios.size(), Onset::first_interval);
  for (const Pair& pair : intervals) mixture.add(ratio_steps(pair, limit, ratios), {});
  return mixture.log_value({});
}

struct RatioVector {
  std::string name;
  Intervals intervals;
  std::array<double, 4> above;  // against at most 1, 1.1, 1.25 and 2 times as often
  std::array<double, 2> below;  // against at least 1.5 and 2 times as often
};

const std::vector<RatioVector>& ratio_vectors() {
  static const std::vector<RatioVector> vectors{
      {"s1",
       {{{600, 12}, {5400, 54}}},
       {0.671904982459, 0.160443685323, -0.457611905557, -2.161080261331},
       {-2.636030175349, -2.043184562944}},
      {"s2",
       {{{600, 6}, {5400, 54}}},
       {-1.874423481758, -2.074873250289, -2.329519586465, -3.163933317961},
       {-0.688976049535, 0.504470640187}},
      {"s3",
       {{{600, 9}, {5400, 50}}, {{1500, 24}, {4500, 47}}, {{3000, 55}, {3000, 29}}},
       {3.966001971762, 2.014461021091, -0.046682043529, -3.893310634919},
       {-3.683942328411, -1.712485174959}},
      {"s4",
       {{{600, 4}, {5400, 0}}},
       {6.191506792608, 6.003919281363, 5.747386447446, 4.774629381611},
       {-2.494195857279, -2.453227356604}},
      {"s5", {{{600, 0}, {5400, 0}}}, {0, 0, 0, 0}, {0, 0}},
      {"s6",
       {{{3000, 10}, {3000, 40}}},
       {-4.542318350277, -4.672962302749, -4.842719637003, -5.408720260810},
       {15.519190815204, 21.751827693593}},
      {"s7",
       {{{500000, 5600}, {500000, 5000}}},
       {13.383213195564, -10.625857409141, -42.553592391051, -153.549370984383},
       {104.550031662426, 429.594193635092}},
  };
  return vectors;
}

class Ratio : public ::testing::TestWithParam<RatioVector> {};

TEST_P(Ratio, HasTheEvidenceThatWasComputedApart) {
  constexpr std::array kAbove{1.0, 1.1, 1.25, 2.0};
  constexpr std::array kBelow{1.5, 2.0};
  for (std::size_t i = 0; i < kAbove.size(); ++i)
    expect_close(ratio_evidence(GetParam().intervals, kAbove[i], ratios_above(kAbove[i], kGrid)), GetParam().above[i]);
  for (std::size_t i = 0; i < kBelow.size(); ++i)
    expect_close(ratio_evidence(GetParam().intervals, kBelow[i], ratios_below(kBelow[i], kGrid)), GetParam().below[i]);
}
INSTANTIATE_TEST_SUITE_P(Vectors, Ratio, ::testing::ValuesIn(ratio_vectors()),
                         [](const auto& param) { return param.param.name; });

TEST(RatioEvidence, AddsUpOverTheParts) {
  const Intervals parts{{{300, 5}, {2700, 30}}, {{300, 7}, {2700, 24}}};
  expect_close(ratio_evidence(parts, 1, ratios_above(1, kGrid)), 0.671904982459);
}

TEST(RatioEvidence, IsNothingWithoutRequestsOfBothGroups) {
  EXPECT_EQ(ratio_evidence({{{0, 0}, {5400, 54}}, {{600, 9}, {0, 0}}}, 1, ratios_above(1, kGrid)), 0);
}

// Computed apart to sixty digits.
constexpr std::int64_t kMany = std::int64_t{1} << 40;

TEST(HugeCounts, HaveTheRatioEvidenceThatWasComputedApart) {
  const Intervals same{{{kMany, 10'995'239'733}, {kMany, 10'995'116'277}}};
  expect_close(ratio_evidence(same, 1, ratios_above(1, kGrid)), -24954807.1063226708);
  expect_close(ratio_evidence(same, 1.1, ratios_above(1.1, kGrid)), -74763109.2837717190);
  expect_close(ratio_evidence(same, 1.5, ratios_below(1.5, kGrid)), 439595735.812711521);
  const Intervals worse{{{kMany, 12'216'795'864}, {kMany, 10'995'116'277}}};
  expect_close(ratio_evidence(worse, 1, ratios_above(1, kGrid)), 31872003.2066965561);
  expect_close(ratio_evidence(worse, 1.1, ratios_above(1.1, kGrid)), -20703131.7074255686);
  expect_close(ratio_evidence(worse, 1.5, ratios_below(1.5, kGrid)), 251758228.022163126);
}

TEST(HugeCounts, HaveTheShareEvidenceThatWasComputedApart) {
  const auto evidence = [](const std::vector<double>& shares) {
    Mixture mixture(shares.size(), Onset::first_interval);
    mixture.add(share_steps({kMany, 12'216'795'864}, share_odds(0.01, shares)), {});
    return mixture.log_value({});
  };
  expect_close(evidence(shares_above(0.01, kGrid)), 65552339.7910970310);
  expect_close(evidence(shares_below(0.01, kGrid)), -166408961.984135387);
}

// What is left of sums near 3e13, in extended precision: five digits after the point.
TEST(HugeCounts, HaveTheSplitEvidenceThatWasComputedApart) {
  const auto evidence = [](std::int64_t next, std::int64_t stable, double share, double concentration) {
    const std::array<std::int64_t, 2> counts{next, stable};
    const std::array<double, 2> shares{share, 1 - share};
    return split_evidence(counts, shares, concentration);
  };
  EXPECT_NEAR(evidence(kMany, kMany, .5, 100), -11.9094320668, 1e-4);
  EXPECT_NEAR(evidence(kMany, kMany, .5, 10'000), -9.6043720178, 1e-4);
  EXPECT_NEAR(evidence(kMany + 3'000'000, kMany, .5, 100), -9.8630724618, 1e-4);
  EXPECT_NEAR(evidence(109'952'162'777, 989'560'464'999, .1, 10'000), -5.1651851839, 1e-4);
}

TEST(HugeCounts, HaveASign) {
  EXPECT_EQ(sign_of({{kMany, kMany / 100}, {kMany, kMany / 100}}, 0.5), Sign::even);
  EXPECT_EQ(sign_of({{kMany, kMany / 90}, {8 * kMany, 8 * (kMany / 100)}}, 0.5), Sign::worse);
  EXPECT_EQ(sign_of({{8 * kMany, 8 * (kMany / 110)}, {kMany, kMany / 100}}, 0.5), Sign::better);
  // A standard deviation is 45,000.
  for (const double uniform : {0.01, 0.5, 0.99})
    EXPECT_NEAR(static_cast<double>(thinned({kMany, kMany / 100}, kMany / 4, uniform)),
                static_cast<double>(kMany) / 400, 250'000);
}

TEST(RatioEvidence, OfAnEffectThatMayBeginLater) {
  const Intervals intervals{
      {{600, 6}, {5400, 54}}, {{600, 5}, {5400, 55}}, {{600, 14}, {5400, 52}}, {{600, 18}, {5400, 50}}};
  constexpr std::array kWanted{-0.550395447483, -0.618160320001, -0.246347243459, 4.060535717818};
  constexpr std::array kPlain{-1.874423481758, -2.461282778092, -0.704052605805, 3.758051586205};
  const auto ratios = ratios_above(1, kGrid);
  Mixture any(ratios.size(), Onset::any_interval);
  Mixture first(ratios.size(), Onset::first_interval);
  for (std::size_t i = 0; i < intervals.size(); ++i) {
    const Moment moment{static_cast<std::int64_t>(i) + 1, 120};
    const auto steps = ratio_steps(intervals[i], 1, ratios);
    any.add(steps, moment);
    first.add(steps, moment);
    expect_close(any.log_value(moment), kWanted[i]);
    expect_close(first.log_value(moment), kPlain[i]);
  }
}

TEST(SignEvidence, HasTheValuesThatWereComputedApart) {
  const std::vector<std::tuple<int, int, double>> vectors{
      {1, 0, 0.457424847039},  {5, 0, 2.618714082743},   {7, 0, 3.825138573225}, {8, 1, 2.352788326572},
      {10, 2, 2.077725560198}, {12, 8, -0.616449025257}, {0, 5, -2.024637745600}};
  for (const auto& [worse, better, wanted] : vectors) {
    Mixture mixture(kSignGrid.size(), Onset::first_interval);
    for (int i = 0; i < worse; ++i) mixture.add(sign_steps(Sign::worse), {});
    for (int i = 0; i < better; ++i) mixture.add(sign_steps(Sign::better), {});
    expect_close(mixture.log_value({}), wanted);
  }
}

TEST(SignEvidence, OfAnEffectThatMayBeginLater) {
  using enum Sign;
  const std::vector<Sign> signs{worse, worse, better, worse, worse, worse, worse, worse, worse};
  const std::vector<double> wanted{.254642218374, .587770169279, -.119137561857, .059428587003, .292011239489,
                                   .583640018340, .934414401042, 1.339619354448, 1.791421493863};
  Mixture mixture(kSignGrid.size(), Onset::any_interval);
  for (std::size_t i = 0; i < signs.size(); ++i) {
    const Moment moment{static_cast<std::int64_t>(i) + 1, 120};
    mixture.add(sign_steps(signs[i]), moment);
    expect_close(mixture.log_value(moment), wanted[i]);
  }
}

TEST(ShareEvidence, HasTheValuesThatWereComputedApart) {
  const std::vector<std::tuple<Counts, double, double, double>> vectors{
      {{100, 5}, .01, 3.123057915545, -2.695573956216},
      {{600, 12}, .01, 0.890177857718, -3.271910892264},
      {{600, 0}, .01, -3.304248980893, 4.873023625544},
      {{5000, 5}, .01, -7.748439481251, 32.620933819188},
      {{10000, 250}, .02, 2.966986610123, -8.933265682603}};
  for (const auto& [counts, limit, above, below] : vectors) {
    for (const bool is_above : {true, false}) {
      const auto shares = is_above ? shares_above(limit, kGrid) : shares_below(limit, kGrid);
      Mixture mixture(shares.size(), Onset::first_interval);
      mixture.add(share_steps(counts, share_odds(limit, shares)), {});
      expect_close(mixture.log_value({}), is_above ? above : below);
    }
  }
}

TEST(RatioBounds, AreThoseThatWereComputedApart) {
  const std::vector<std::array<double, 3>> wanted{{0.692320660822816, 2, 4.76304784679822},
                                                  {0.234975171472392, 1, 2.85465397746795},
                                                  {1.04843251949804, 1.70218814312581, 2.74020860955641},
                                                  {},
                                                  {},
                                                  {0.0697321615481188, .25, 0.693595422715335},
                                                  {1.03786034200025, 1.12, 1.20877294381112}};
  for (const std::size_t i : {0U, 1U, 2U, 5U, 6U}) {
    const auto& intervals = ratio_vectors()[i].intervals;
    const auto exact = bounds_of(
        [&](double v) {
          double sum = 0;
          for (const Pair& pair : intervals) sum += log_likelihood(pair, v);
          return sum;
        },
        0.05);
    expect_close(exact.low, wanted[i][0]);
    expect_close(exact.likeliest, wanted[i][1]);
    expect_close(exact.high.value(), wanted[i][2]);
    RatioCurve curve;
    for (const Pair& pair : intervals) curve.add(pair);
    const auto kept = curve.bounds(0.05);
    expect_close(kept.low, exact.low, 1e-3);
    expect_close(kept.likeliest, exact.likeliest, 1e-3);
    expect_close(kept.high.value(), exact.high.value(), 1e-3);
  }
}

TEST(RatioBounds, AreOpenWithoutABadRequest) {
  RatioCurve curve;
  curve.add({{600, 0}, {5400, 0}});
  const auto bounds = curve.bounds(0.05);
  EXPECT_EQ(bounds.low, 0);
  EXPECT_FALSE(bounds.high.has_value());
}

TEST(SplitEvidence, HasTheValuesThatWereComputedApart) {
  struct Vector {
    std::vector<std::int64_t> counts;
    std::vector<double> shares;
    double concentration;
    double wanted;
  };
  const std::vector<Vector> vectors{
      {{10, 10}, {.5, .5}, 100, -0.091577427513},       {{30, 10}, {.5, .5}, 100, 1.274879487467},
      {{20, 80}, {.1, .9}, 100, 1.920724002170},        {{30, 70}, {.1, .9}, 100, 8.240110155925},
      {{60, 540}, {.1, .9}, 100, -0.980174533917},      {{90, 540}, {.1, .9}, 100, 3.895746900072},
      {{120, 540}, {.1, .9}, 100, 16.725027298486},     {{120, 540}, {.1, .9}, 10, 17.584096312357},
      {{120, 540}, {.1, .9}, 1000, 8.572347636119},     {{500, 500}, {.5, .5}, 100, -1.201220322042},
      {{560, 440}, {.5, .5}, 100, 5.363268896001},      {{1'000'000, 1'000'000}, {.5, .5}, 100, -4.954268609639},
      {{12, 7, 25}, {.2, .3, .5}, 100, 0.338388828864}, {{1, 0}, {.5, .5}, 100, 0}};
  for (const Vector& vector : vectors)
    expect_close(split_evidence(vector.counts, vector.shares, vector.concentration), vector.wanted);
}

TEST(SplitEvidence, DoesNotCareWhichOfTwoEqualGroupsIsWhich) {
  const std::array<double, 2> halves{.5, .5};
  const std::array<std::int64_t, 2> one{560, 440};
  const std::array<std::int64_t, 2> other{440, 560};
  EXPECT_DOUBLE_EQ(split_evidence(one, halves, 100), split_evidence(other, halves, 100));
}

TEST(Thinning, DrawsFromTheHypergeometricDistribution) {
  // 3 bad of 10, 4 drawn: 35, 105, 63 and 7 of 210 draws have 0, 1, 2 and 3 bad ones.
  std::array<int, 4> drawn{};
  constexpr int kDraws = 21'000;
  for (int i = 0; i < kDraws; ++i) {
    const auto bad = thinned({10, 3}, 4, (i + 0.5) / kDraws);
    drawn.at(static_cast<std::size_t>(bad))++;
  }
  EXPECT_EQ(drawn, (std::array<int, 4>{3'500, 10'500, 6'300, 700}));
}

TEST(Thinning, KnowsItsEnds) {
  EXPECT_EQ(thinned({10, 0}, 4, 0.99), 0);
  EXPECT_EQ(thinned({10, 10}, 4, 0.01), 4);
  EXPECT_EQ(thinned({10, 7}, 10, 0.5), 7);
  EXPECT_EQ(sign_of({{100, 3}, {100, 3}}, 0.3), Sign::even);
  EXPECT_EQ(sign_of({{100, 9}, {100, 3}}, 0.3), Sign::worse);
  EXPECT_EQ(sign_of({{100, 1}, {100, 3}}, 0.3), Sign::better);
}

}  // namespace
}  // namespace slipway::sequential
