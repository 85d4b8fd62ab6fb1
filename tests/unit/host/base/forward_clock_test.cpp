#include "host/base/forward_clock.hpp"

#include <gtest/gtest.h>

#include "tests/support/manual_clock.hpp"

namespace slipway::base {
namespace {

struct ForwardClockTest : testing::Test {
  test::ManualClock wall{Instant{1'000'000'000'000}};
  ForwardClock clock{wall};
};

TEST_F(ForwardClockTest, WithoutAStepItIsTheWallClock) {
  wall.advance(seconds(3));
  EXPECT_EQ(clock.now(), wall.now());
  EXPECT_EQ(clock.lead(), Duration{});
}

TEST_F(ForwardClockTest, AfterAStepBackItGoesOnAtThePaceOfTheSteadyClock) {
  const Instant before = clock.now();
  wall.step_wall(before - seconds(60));
  EXPECT_EQ(clock.now(), before);
  wall.advance(seconds(7));
  EXPECT_EQ(clock.now(), before + seconds(7));
  EXPECT_EQ(clock.lead(), seconds(60));
  EXPECT_EQ(clock.wall().now(), before - seconds(53));
}

TEST_F(ForwardClockTest, AStepForwardIsFollowedAndEndsALead) {
  const Instant before = clock.now();
  wall.step_wall(before - seconds(60));
  (void)clock.now();
  wall.step_wall(before + seconds(10));
  EXPECT_EQ(clock.now(), before + seconds(10));
  EXPECT_EQ(clock.lead(), Duration{});
}

TEST_F(ForwardClockTest, ItCanBeToldThatALaterTimeIsRecordedAlready) {
  const Instant recorded = wall.now() + seconds(5);
  clock.not_before(recorded);
  EXPECT_EQ(clock.now(), recorded);
  clock.not_before(recorded - seconds(1));
  wall.advance(seconds(1));
  EXPECT_EQ(clock.now(), recorded + seconds(1));
}

TEST_F(ForwardClockTest, BeingToldOfTheTimeThatItIsMakesNoLead) {
  wall.advance(seconds(4));
  clock.not_before(wall.now());
  EXPECT_EQ(clock.lead(), Duration{});
}

}  // namespace
}  // namespace slipway::base
