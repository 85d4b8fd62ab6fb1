#include "plugins/storage/sqlite/clock.hpp"

#include <gtest/gtest.h>

namespace slipway::sqlite {
namespace {

struct Turned {
  std::int64_t wall = 1000;
  std::int64_t steady = 50;
  TimeSource source() {
    return {[this] { return wall; }, [this] { return steady; }};
  }
};

TEST(StoreClock, follows_the_wall_clock_forward) {
  Turned time;
  StoreClock clock(time.source(), {});
  EXPECT_EQ(clock.now().ns, 1000);
  time.wall = 9000;
  EXPECT_EQ(clock.now().ns, 9000);
}

TEST(StoreClock, goes_on_at_the_steady_pace_after_a_step_back) {
  Turned time;
  StoreClock clock(time.source(), {});
  ASSERT_EQ(clock.now().ns, 1000);
  time.wall = 10;
  time.steady += 7;
  EXPECT_EQ(clock.now().ns, 1007);
}

TEST(StoreClock, begins_no_earlier_than_what_the_file_holds) {
  Turned time;
  StoreClock clock(time.source(), {5000});
  EXPECT_EQ(clock.now().ns, 5000);
}

}  // namespace
}  // namespace slipway::sqlite
