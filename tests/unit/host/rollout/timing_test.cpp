// Waiting, taking turns, and backing off.
#include <gmock/gmock.h>

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/use_awaitable.hpp>

#include "host/rollout/troubles.hpp"
#include "host/rollout/turn.hpp"
#include "host/rollout/wakeup.hpp"
#include "tests/support/slept_machine.hpp"

namespace slipway::rollout {
namespace {

namespace asio = boost::asio;

class Timing : public testing::Test {
 protected:
  asio::io_context context;
  base::SystemClock clock;
  AsioTimers timers{context.get_executor()};
};

TEST_F(Timing, AWakeupReturnsAtItsTime) {
  Wakeup wakeup(context.get_executor(), clock, timers);
  const std::int64_t began = clock.steady_ns();
  auto wait = [](Wakeup* w, Instant due) -> asio::awaitable<void> { co_await w->wait_until(due); };
  asio::co_spawn(context, wait(&wakeup, clock.now() + milliseconds(30)), asio::detached);
  context.run();
  EXPECT_GE(clock.steady_ns() - began, 30'000'000);
}

TEST_F(Timing, AWakeupReturnsAtItsTimeOnAMachineThatSlept) {
  const auto rang = test::on_a_slept_machine([this] {
    int rings = 0;
    const auto ticket = timers.at(clock.steady_ns() + 30'000'000, [&rings] { ++rings; });
    context.run_for(std::chrono::seconds(20));
    return rings;
  });
  if (!rang) GTEST_SKIP() << "no time namespace may be made here";
  EXPECT_EQ(*rang, 1);
}

TEST_F(Timing, ARingBeforeTheWaitIsNotLost) {
  Wakeup wakeup(context.get_executor(), clock, timers);
  wakeup.ring();
  wakeup.ring();
  bool over = false;
  auto wait = [](Wakeup* w, Instant due, bool* done) -> asio::awaitable<void> {
    co_await w->wait_until(due);
    *done = true;
  };
  asio::co_spawn(context, wait(&wakeup, clock.now() + seconds(60), &over), asio::detached);
  context.poll();
  EXPECT_TRUE(over);
}

TEST_F(Timing, ARingFromElsewhereMayComeAfterTheEnd) {
  std::function<void()> ring;
  {
    Wakeup wakeup(context.get_executor(), clock, timers);
    ring = wakeup.remote_ring();
  }
  ring();
  EXPECT_EQ(context.run(), 1U) << "the ring itself, which finds nobody";
}

TEST_F(Timing, TurnsAreTakenInOrder) {
  Turns turns(context.get_executor());
  std::string order;
  auto visit = [](Turns* of, std::string* into, char name) -> asio::awaitable<void> {
    const auto turn = co_await of->take();
    *into += name;
    co_await asio::post(asio::use_awaitable);
    *into += name;
  };
  for (const char name : {'a', 'b', 'c'}) asio::co_spawn(context, visit(&turns, &order, name), asio::detached);
  context.run();
  EXPECT_EQ(order, "aabbcc");
}

TEST(Backoff, GrowsToFiveSecondsAndNamesTheBinding) {
  base::SeededRandom random(1);
  Troubles troubles(random);
  const Instant now{1'700'000'000'000'000'000};
  Duration last{};
  for (int i = 0; i < 12; ++i) {
    troubles.failed("metrics.haproxy", Status(Code::unavailable, "connection refused"), now);
    last = *troubles.next() - now;
    EXPECT_LE(last, seconds(5));
    EXPECT_GE(last, milliseconds(50));
  }
  EXPECT_GE(last, milliseconds(2'500));
  EXPECT_TRUE(troubles.resting("metrics.haproxy", now));
  EXPECT_THAT(troubles.sentences(),
              testing::ElementsAre("binding \"metrics.haproxy\" has failed 12 times since 2023-11-14T22:13:20Z, last "
                                   "with UNAVAILABLE: connection refused"));
  troubles.fine("metrics.haproxy");
  EXPECT_TRUE(troubles.none());
}

}  // namespace
}  // namespace slipway::rollout
