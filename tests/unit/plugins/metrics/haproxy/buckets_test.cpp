#include "plugins/metrics/haproxy/buckets.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <random>

namespace slipway::haproxy {
namespace {

TEST(HaproxyBuckets, EveryValueIsInTheBucketWhoseBoundsHoldIt) {
  std::mt19937 random(3);
  for (int i = 0; i < 100'000; ++i) {
    const std::uint32_t value = static_cast<std::uint32_t>(random()) >> (random() % 32);
    const std::size_t index = Histogram::index_of(value);
    ASSERT_LE(value, Histogram::upper_of(index));
    ASSERT_TRUE(index == 0 || value > Histogram::upper_of(index - 1)) << value;
  }
}

TEST(HaproxyBuckets, BoundsAreAtMostAThirtiethAbove) {
  for (std::size_t i = 33; i < 32 * 28; ++i) {
    const double low = Histogram::upper_of(i - 1) + 1.0;
    ASSERT_LE(Histogram::upper_of(i) / low, 1.032) << i;
  }
  EXPECT_EQ(Histogram::upper_of(Histogram::index_of(0xffffffff)), 0xffffffff);
}

TEST(HaproxyBuckets, QuantilesAreCloseToTheTruth) {
  std::mt19937 random(5);
  std::lognormal_distribution<double> times(8, 1);
  std::vector<double> values;
  Histogram histogram;
  for (int i = 0; i < 20'000; ++i) {
    values.push_back(std::floor(times(random)));
    histogram.add(static_cast<std::uint32_t>(values.back()));
  }
  std::sort(values.begin(), values.end());
  for (const double part : {0.01, 0.5, 0.95, 0.99, 0.999}) {
    const double truth = values[static_cast<std::size_t>(std::ceil(part * 20'000)) - 1];
    EXPECT_NEAR(*histogram.quantile(part) / truth, 1, 0.035) << part;
  }
  EXPECT_EQ(*histogram.quantile(1), values.back());
}

TEST(HaproxyBuckets, OneObservationIsEveryQuantile) {
  Histogram histogram;
  histogram.add(20);
  EXPECT_EQ(histogram.quantile(0.5), 20);
  EXPECT_EQ(histogram.quantile(0.99), 20);
}

TEST(HaproxyBuckets, WithoutObservationsThereIsNoQuantile) {
  EXPECT_FALSE(Histogram().quantile(0.5).has_value());
  EXPECT_TRUE(Histogram().buckets().empty());
}

TEST(HaproxyBuckets, OnlyBucketsWithObservationsAreTold) {
  Histogram histogram;
  for (const std::uint32_t value : {7U, 7U, 1000U}) histogram.add(value);
  const auto buckets = histogram.buckets();
  ASSERT_EQ(buckets.size(), 2U);
  EXPECT_EQ(buckets[0].upper, 7);
  EXPECT_EQ(buckets[0].count, 2);
  EXPECT_EQ(buckets[1].upper, 1007);
  EXPECT_EQ(buckets[1].count, 1);
}

}  // namespace
}  // namespace slipway::haproxy
