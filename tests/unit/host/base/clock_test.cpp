#include "host/base/clock.hpp"

#include <gtest/gtest.h>

#include <ctime>

#include "tests/support/manual_clock.hpp"
#include "tests/support/slept_machine.hpp"

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

TEST(Clock, SteadyTimeGoesOnWhileTheMachineSleeps) {
  const auto right = test::on_a_slept_machine([] {
    timespec awake{};
    clock_gettime(CLOCK_MONOTONIC, &awake);
    return SystemClock().steady_ns() >= (awake.tv_sec + test::kSlept) * 1'000'000'000 ? 1 : 0;
  });
  if (!right) GTEST_SKIP() << "no time namespace may be made here";
  EXPECT_EQ(*right, 1);
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
