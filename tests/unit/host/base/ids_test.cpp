#include "host/base/ids.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <thread>
#include <vector>

#include "tests/support/manual_clock.hpp"

namespace slipway::base {
namespace {

TEST(Ids, AnIdIsTwentySixLowerCaseCharactersThatBeginWithItsMillisecond) {
  const test::ManualClock clock(Instant{1'469'918'176'385'000'000});
  SeededRandom random(1);
  IdSource ids(clock, random);
  const auto id = ids.next();
  EXPECT_TRUE(is_id(id)) << id;
  EXPECT_EQ(id.substr(0, 10), "01aryz6s41");
}

TEST(Ids, EachIdIsGreaterThanTheOneBeforeInsideAMillisecondAndWhenTheClockStepsBack) {
  test::ManualClock clock;
  SeededRandom random(1);
  IdSource ids(clock, random);
  std::string last = ids.next();
  for (int i = 0; i < 3000; ++i) {
    if (i == 1000) clock.step_wall(Instant{1});
    if (i == 2000) clock.step_wall(Instant{1'800'000'000'000'000'000});
    auto next = ids.next();
    ASSERT_GT(next, last);
    last = std::move(next);
  }
}

TEST(Ids, AnIdCarriesIntoTheHighBitsOfItsRandomPart) {
  class Full final : public Random {
   public:
    std::uint64_t next() override { return ~std::uint64_t{0}; }
  };
  const test::ManualClock clock;
  Full random;
  IdSource ids(clock, random);
  const auto first = ids.next();
  const auto second = ids.next();
  EXPECT_EQ(first.substr(10), "fzzzzzzzzzzzzzzz");
  EXPECT_EQ(second.substr(10), "g000000000000000");
}

TEST(Ids, FourThreadsNeverGetTheSameId) {
  const SystemClock clock;
  SystemRandom random;
  IdSource ids(clock, random);
  std::vector<std::vector<std::string>> made(4);
  {
    std::vector<std::jthread> threads;
    for (auto& mine : made) {
      threads.emplace_back([&ids, &mine] {
        for (int i = 0; i < 500; ++i) mine.push_back(ids.next());
      });
    }
  }
  std::vector<std::string> all;
  for (const auto& mine : made) all.insert(all.end(), mine.begin(), mine.end());
  std::ranges::sort(all);
  EXPECT_EQ(std::ranges::adjacent_find(all), all.end());
  EXPECT_EQ(all.size(), 2000U);
}

TEST(Ids, TextOfAnotherFormIsNoId) {
  EXPECT_TRUE(is_id("01aryz6s41tsv4rrffq69g5fav"));
  for (const auto* text : {"", "01aryz6s41tsv4rrffq69g5fa", "01aryz6s41tsv4rrffq69g5favv", "01ARYZ6S41TSV4RRFFQ69G5FAV",
                           "01aryz6s41tsv4rrffq69g5fau", "81aryz6s41tsv4rrffq69g5fav", "../../../../../../etc/pass"}) {
    EXPECT_FALSE(is_id(text)) << text;
  }
}

}  // namespace
}  // namespace slipway::base
