#include "host/base/random.hpp"

#include <gtest/gtest.h>

#include <array>
#include <set>

namespace slipway::base {
namespace {

TEST(Random, ASeedGivesTheSequenceThatItsAuthorsPublished) {
  // First outputs of SplitMix64 for the seed 1234567.
  SeededRandom random(1234567);
  EXPECT_EQ(random.next(), 6457827717110365317U);
  EXPECT_EQ(random.next(), 3203168211198807973U);
  EXPECT_EQ(random.next(), 9817491932198370423U);
}

TEST(Random, BelowReachesEachValueUnderItsBoundAndNoOther) {
  SeededRandom random(7);
  std::array<int, 6> seen{};
  for (int i = 0; i < 6000; ++i) {
    const auto value = random.below(6);
    ASSERT_LT(value, 6U);
    ++seen[value];
  }
  for (const int count : seen) EXPECT_GT(count, 800);
  EXPECT_EQ(random.below(1), 0U);
}

TEST(Random, TheSystemDoesNotRepeatItself) {
  SystemRandom random;
  std::set<std::uint64_t> values;
  for (int i = 0; i < 1000; ++i) values.insert(random.next());
  EXPECT_EQ(values.size(), 1000U);
}

}  // namespace
}  // namespace slipway::base
