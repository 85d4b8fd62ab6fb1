#include "host/base/clock.hpp"

#include <gtest/gtest.h>

#include "tests/support/manual_clock.hpp"

namespace slipway::base {
namespace {

TEST(Clock, TheSystemClockKnowsThisCenturyAndItsSteadyTimeNeverGoesBack) {
  const SystemClock clock;
  EXPECT_GT(clock.now(), Instant{1'700'000'000'000'000'000});
  std::int64_t last = clock.steady_ns();
  for (int i = 0; i < 1000; ++i) {
    const auto next = clock.steady_ns();
    EXPECT_GE(next, last);
    last = next;
  }
}

TEST(Clock, ACrankedClockMovesBothTimesAndAStepMovesTheWallAlone) {
  test::ManualClock clock(Instant{100});
  const auto steady = clock.steady_ns();
  clock.advance(seconds(2));
  EXPECT_EQ(clock.now(), Instant{2'000'000'100});
  clock.step_wall(Instant{50});
  EXPECT_EQ(clock.now(), Instant{50});
  EXPECT_EQ(clock.steady_ns(), steady + 2'000'000'000);
}

}  // namespace
}  // namespace slipway::base
