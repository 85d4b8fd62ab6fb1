#include "plugins/metrics/haproxy/streams.hpp"

#include <gtest/gtest.h>

namespace slipway::haproxy {
namespace {

Instant at(std::int64_t second) { return {second * 1'000'000'000}; }

TEST(HaproxyStreams, TimeIsCoveredWhileSomebodyIsConnected) {
  Streams streams;
  EXPECT_EQ(streams.covered(at(0), at(10)), 0);
  streams.connected(7, at(5));
  EXPECT_EQ(streams.covered(at(0), at(10)), 0.5);
  EXPECT_EQ(streams.covered(at(5), at(10)), 1);
  streams.disconnected(7, at(8));
  EXPECT_EQ(streams.covered(at(5), at(10)), 0.6);
}

TEST(HaproxyStreams, ARingThatKeptRecordsCoversTheTimeBeforeTheStream) {
  Streams streams;
  streams.connected(7, at(5));
  streams.take(7, 100, at(2));
  EXPECT_EQ(streams.covered(at(0), at(4)), 0.5);
}

TEST(HaproxyStreams, TheSameProcessThatComesBackHasLostNothing) {
  Streams streams;
  streams.connected(7, at(0));
  streams.take(7, 1, at(1));
  streams.disconnected(7, at(2));
  streams.connected(7, at(4));
  EXPECT_EQ(streams.covered(at(0), at(10)), 1);
  EXPECT_TRUE(streams.take(7, 2, at(3)));
  EXPECT_EQ(streams.missing(), 0U);
}

TEST(HaproxyStreams, ButItsNumbersMayTellOtherwise) {
  Streams streams;
  streams.connected(7, at(0));
  streams.take(7, 1, at(1));
  streams.disconnected(7, at(2));
  streams.connected(7, at(4));
  EXPECT_FALSE(streams.take(7, 1, at(1)));
  streams.take(7, 5, at(5));
  EXPECT_EQ(streams.doubled(), 1U);
  EXPECT_EQ(streams.missing(at(0), at(10)), 3U);
  EXPECT_EQ(streams.missing(at(6), at(10)), 0U);
}

TEST(HaproxyStreams, AnotherProcessLeavesAHole) {
  Streams streams;
  streams.connected(7, at(0));
  streams.disconnected(7, at(2));
  streams.connected(8, at(4));
  EXPECT_EQ(streams.covered(at(0), at(8)), 0.75);
}

TEST(HaproxyStreams, UnlessItComesAsTheOtherGoes) {
  Streams streams;
  streams.connected(7, at(0));
  streams.disconnected(7, at(2));
  streams.connected(8, at(2) + milliseconds(49));
  EXPECT_EQ(streams.covered(at(0), at(8)), 1);
}

TEST(HaproxyStreams, TwoProcessesAtAReloadLeaveNone) {
  Streams streams;
  streams.connected(7, at(0));
  streams.take(7, 500, at(1));
  streams.connected(8, at(2));
  streams.take(8, 0, at(2));
  streams.take(7, 501, at(3));
  streams.disconnected(7, at(4));
  EXPECT_EQ(streams.covered(at(0), at(8)), 1);
  EXPECT_EQ(streams.missing(), 0U);
  EXPECT_FALSE(streams.is_connected(7));
  EXPECT_TRUE(streams.is_connected(8));
}

TEST(HaproxyStreams, OfForgottenProcessesTheirLossesStayCounted) {
  Streams streams;
  streams.connected(7, at(0));
  streams.take(7, 0, at(1));
  streams.take(7, 3, at(1));
  streams.disconnected(7, at(2));
  streams.forget_before(at(10));
  EXPECT_EQ(streams.missing(), 2U);
  EXPECT_EQ(streams.covered(at(0), at(2)), 0);
}

TEST(HaproxyStreams, AfterTheClockWasSetBackTimeIsCoveredFromThereOn) {
  Streams streams;
  streams.connected(7, at(5000));
  streams.take(7, 1, at(5001));
  streams.begin_anew(at(1000));
  EXPECT_EQ(streams.covered(at(1000), at(1010)), 1);
  EXPECT_EQ(streams.covered(at(990), at(1010)), 0.5);
  EXPECT_EQ(streams.newest(), at(1000));
}

}  // namespace
}  // namespace slipway::haproxy
