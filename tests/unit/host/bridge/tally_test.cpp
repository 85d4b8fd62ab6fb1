#include "host/bridge/tally.hpp"

#include <gtest/gtest.h>

namespace slipway::bridge {
namespace {

TEST(LatencyBuckets, EachTimeLiesAtOrBelowTheBoundOfItsBucketAndAboveTheOneBefore) {
  for (std::uint64_t ns = 1; ns < 100'000'000'000; ns += 1 + ns / 7) {
    for (const std::uint64_t near : {ns - 1, ns, ns + 1}) {
      const std::size_t bucket = Latency::bucket_of(near);
      const double us = static_cast<double>(near) / 1000;
      ASSERT_LE(us, *Latency::upper_us(bucket)) << near;
      ASSERT_GT(us, bucket == 0 ? -1 : *Latency::upper_us(bucket - 1)) << near;
    }
  }
}

TEST(LatencyBuckets, BoundsLieAnEighthApartAtMostAndTheLastHasNone) {
  for (std::size_t i = 1; i + 1 < Latency::kBuckets; ++i)
    ASSERT_LE(*Latency::upper_us(i), *Latency::upper_us(i - 1) * 1.125) << i;
  EXPECT_EQ(Latency::upper_us(Latency::kBuckets - 1), std::nullopt);
  EXPECT_EQ(Latency::bucket_of(~std::uint64_t{0}), Latency::kBuckets - 1);
}

TEST(Tallies, TellTheTimeThatAShareOfTheCallsTookAtMost) {
  Tally tally;
  EXPECT_EQ(tally.counts().quantile_us(0.99), std::nullopt);
  for (int i = 0; i < 98; ++i) tally.note(Code::ok, 0.001);
  for (int i = 0; i < 2; ++i) tally.note(Code::ok, 1.0);
  const auto counts = tally.counts();
  EXPECT_EQ(counts.calls, 100U);
  EXPECT_NEAR(*counts.quantile_us(0.50), 1'000, 125);
  EXPECT_NEAR(*counts.quantile_us(0.98), 1'000, 125);
  EXPECT_NEAR(*counts.quantile_us(0.99), 1'000'000, 125'000);
}

TEST(Tallies, TheDifferenceOfTwoIsWhatWasInBetween) {
  Tally tally;
  for (int i = 0; i < 100; ++i) tally.note(Code::ok, 0.001);
  const auto before = tally.counts();
  for (int i = 0; i < 10; ++i) tally.note(Code::internal, 1.0);
  const auto since = tally.counts() - before;
  EXPECT_EQ(since.calls, 10U);
  EXPECT_EQ(since.faults, 10U);
  EXPECT_NEAR(since.seconds, 10, 0.001);
  EXPECT_NEAR(*since.quantile_us(0.01), 1'000'000, 125'000);
}

}  // namespace
}  // namespace slipway::bridge
