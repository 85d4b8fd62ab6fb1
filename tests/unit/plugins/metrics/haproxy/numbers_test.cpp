#include "plugins/metrics/haproxy/numbers.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <numeric>
#include <random>
#include <vector>

namespace slipway::haproxy {
namespace {

Instant at(std::int64_t second) { return {second * 1'000'000'000}; }

TEST(HaproxyNumbers, InOrderNothingIsMissing) {
  Numbers numbers;
  for (std::uint64_t n = 5; n < 100; ++n) EXPECT_TRUE(numbers.take(n, at(1)));
  EXPECT_EQ(numbers.missing(), 0U);
  EXPECT_EQ(numbers.doubled(), 0U);
}

TEST(HaproxyNumbers, LostOnesAreCountedInTheirTime) {
  Numbers numbers;
  numbers.take(1, at(1));
  numbers.take(2, at(10));
  numbers.take(6, at(11));
  EXPECT_EQ(numbers.missing(), 3U);
  EXPECT_EQ(numbers.missing(at(10), at(12)), 3U);
  EXPECT_EQ(numbers.missing(at(1), at(10)), 0U);
  EXPECT_EQ(numbers.missing(at(12), at(20)), 0U);
}

TEST(HaproxyNumbers, DoubledOnesAreRefusedAndCounted) {
  Numbers numbers;
  for (const std::uint64_t n : {1U, 2U, 3U}) numbers.take(n, at(1));
  EXPECT_FALSE(numbers.take(2, at(1)));
  EXPECT_FALSE(numbers.take(3, at(1)));
  EXPECT_EQ(numbers.doubled(), 2U);
}

TEST(HaproxyNumbers, LateOnesFillTheirGap) {
  Numbers numbers;
  numbers.take(1, at(1));
  numbers.take(5, at(1));
  EXPECT_TRUE(numbers.take(3, at(1)));
  EXPECT_EQ(numbers.missing(), 2U);
  EXPECT_EQ(numbers.missing(at(1)), 0U) << "they may still come";
  EXPECT_FALSE(numbers.take(3, at(1)));
  EXPECT_TRUE(numbers.take(2, at(1)));
  EXPECT_TRUE(numbers.take(4, at(1)));
  EXPECT_EQ(numbers.missing(), 0U);
}

TEST(HaproxyNumbers, TheFirstMayBeOutOfOrderToo) {
  Numbers numbers;
  numbers.take(100, at(1));
  EXPECT_TRUE(numbers.take(98, at(1)));
  EXPECT_FALSE(numbers.take(98, at(1)));
  EXPECT_FALSE(numbers.take(20, at(1)));
  EXPECT_EQ(numbers.missing(), 0U);
  EXPECT_EQ(numbers.doubled(), 2U);
}

TEST(HaproxyNumbers, AnyDisorderWithLossesAndDoublesIsCountedRight) {
  std::mt19937 random(11);
  for (int round = 0; round < 50; ++round) {
    std::vector<std::uint64_t> order(400);
    std::iota(order.begin(), order.end(), 0);
    for (std::size_t i = 1; i + 8 < order.size(); i += 8)
      std::shuffle(order.begin() + static_cast<long>(i), order.begin() + static_cast<long>(i) + 8, random);
    std::uint64_t lost = 0, doubled = 0;
    Numbers numbers;
    numbers.take(0, at(1));
    for (std::size_t i = 1; i < order.size(); ++i) {
      const bool last = order[i] == 399;
      if (!last && random() % 10 == 0) {
        ++lost;
        continue;
      }
      EXPECT_TRUE(numbers.take(order[i], at(1)));
      if (random() % 10 != 0) continue;
      EXPECT_FALSE(numbers.take(order[i], at(1)));
      ++doubled;
    }
    ASSERT_EQ(numbers.missing(), lost);
    ASSERT_EQ(numbers.doubled(), doubled);
  }
}

TEST(HaproxyNumbers, TwinsAreTwoRecordsAndTheNumberThatTheyLeaveToNobodyIsNotMissing) {
  for (const auto& order : std::vector<std::vector<std::uint64_t>>{
           {1, 2, 2, 4, 5}, {1, 2, 4, 2, 5}, {1, 4, 2, 5, 2}, {2, 2, 1, 4, 5}, {1, 2, 2, 5, 4}, {2, 2, 1, 5, 4}}) {
    Numbers numbers;
    std::uint64_t mark = 70;
    for (const std::uint64_t n : order) EXPECT_TRUE(numbers.take(n, at(1), ++mark));
    EXPECT_EQ(numbers.missing(), 0U) << testing::PrintToString(order);
    EXPECT_EQ(numbers.doubled(), 0U) << testing::PrintToString(order);
  }
}

// Its thread rested for a time slice between reading the number and raising it.
TEST(HaproxyNumbers, ATwinMayComeLongAfterItsNumber) {
  Numbers numbers;
  for (std::uint64_t n = 1; n < 500; ++n) ASSERT_TRUE(numbers.take(n, at(1), n));
  ASSERT_TRUE(numbers.take(100, at(1), 1000));
  for (std::uint64_t n = 501; n < 600; ++n) ASSERT_TRUE(numbers.take(n, at(1), n));
  EXPECT_EQ(numbers.missing(), 0U);
  EXPECT_EQ(numbers.doubled(), 0U);
  for (std::uint64_t n = 601; n < 700; ++n) numbers.take(n, at(1), n);
  EXPECT_EQ(numbers.missing(), 1U);
}

TEST(HaproxyNumbers, ATwinHidesNoLoss) {
  Numbers numbers;
  std::uint64_t mark = 70;
  for (const std::uint64_t n : {1U, 2U, 2U, 8U, 9U}) numbers.take(n, at(1), ++mark);
  EXPECT_EQ(numbers.missing(), 4U);
}

TEST(HaproxyNumbers, ThreadsThatRaceLoseAndDoubleNothing) {
  std::mt19937 random(5);
  for (int round = 0; round < 50; ++round) {
    Numbers numbers;
    std::vector<std::pair<std::uint64_t, std::uint64_t>> records{{0, 1}};
    for (std::uint64_t next = 1, mark = 1; next < 500;) {
      const std::uint64_t together = random() % 8 == 0 ? 2 + random() % 2 : 1;
      for (std::uint64_t i = 0; i < together; ++i) records.emplace_back(next, ++mark);
      next += together;
    }
    for (std::size_t i = 1; i + 4 < records.size(); i += 4)
      std::shuffle(records.begin() + static_cast<long>(i), records.begin() + static_cast<long>(i) + 4, random);
    for (const auto& [number, mark] : records) ASSERT_TRUE(numbers.take(number, at(1), mark)) << round;
    // The last may be a twin whose successor is still to come.
    ASSERT_TRUE(numbers.take(records.back().first + 10, at(1), 10'000));
    ASSERT_EQ(numbers.doubled(), 0U);
    for (const auto& [number, mark] : records)
      ASSERT_FALSE(numbers.take(number, at(1), mark, Numbers::Again::expected));
    ASSERT_EQ(numbers.doubled(), 0U);
  }
}

TEST(HaproxyNumbers, OldGapsAreForgottenButStayCounted) {
  Numbers numbers;
  numbers.take(1, at(1));
  numbers.take(4, at(2));
  numbers.forget_before(at(3));
  EXPECT_EQ(numbers.missing(at(0), at(10)), 0U);
  EXPECT_EQ(numbers.missing(), 2U);
}

TEST(HaproxyNumbers, ManyGapsStayBounded) {
  Numbers numbers;
  for (std::uint64_t n = 0; n < 20'000; n += 2) numbers.take(n, at(static_cast<std::int64_t>(n)));
  EXPECT_EQ(numbers.missing(), 9999U);
  EXPECT_LE(numbers.missing(at(0), at(20'000)), 1025U);
}

}  // namespace
}  // namespace slipway::haproxy
