#include "tests/integration/metrics_haproxy/edge.hpp"

namespace slipway::test {
namespace {

TEST(HaproxyRestarts, WhatTheRingKeptWhileNobodyReadLandsInItsTime) {
  Haproxy haproxy;
  haproxy.start();
  Client client(haproxy.port());
  const Instant from = wall_clock();
  for (int i = 0; i < 50; ++i) client.get("/a");
  const Instant to = wall_clock() + milliseconds(5);
  Metrics metrics(haproxy);
  ASSERT_TRUE(eventually([&] { return metrics.is_healthy("records"); }));
  ASSERT_TRUE(eventually([&] { return metrics.stable(from, to).values.contains("requests"); }));
  const auto found = metrics.stable(from, to);
  EXPECT_EQ(found.values.at("requests"), 50) << encode_text(found);
  EXPECT_EQ(found.completeness, 1) << encode_text(found);
}

TEST(HaproxyRestarts, APluginThatIsReplacedHandsItsStreamOver) {
  Haproxy haproxy;
  haproxy.start();
  Client client(haproxy.port());
  auto old = std::make_unique<Metrics>(haproxy);
  ASSERT_TRUE(eventually([&] { return old->is_healthy("records"); }));
  const Instant from = wall_clock();
  for (int i = 0; i < 20; ++i) client.get("/a");
  Metrics successor(haproxy);
  EXPECT_EQ(old->stable(from, wall_clock() + milliseconds(5)).values.at("requests"), 20);
  old->plugin().host().quiesce();
  const Instant after = wall_clock();
  for (int i = 0; i < 20; ++i) client.get("/a");
  const Instant to = wall_clock() + milliseconds(5);
  old.reset();
  ASSERT_TRUE(eventually([&] { return successor.is_healthy("records"); }));
  ASSERT_TRUE(eventually([&] { return successor.stable(after, to).values.contains("requests"); }));
  // What HAProxy wrote for the old one while its stream was being closed is lost, and said to be.
  const auto found = successor.stable(after, to);
  EXPECT_GE(found.values.at("requests"), 18);
  EXPECT_TRUE(found.values.at("requests") == 20 || found.completeness < 1) << encode_text(found);
}

TEST(HaproxyRestarts, AKilledHaproxyIsFollowed) {
  Haproxy haproxy;
  haproxy.start();
  Metrics metrics(haproxy);
  ASSERT_TRUE(eventually([&] { return metrics.is_healthy("records"); }));
  const Instant before = wall_clock();
  Client(haproxy.port()).get("/a");
  haproxy.kill();
  ASSERT_TRUE(eventually([&] { return !metrics.is_healthy("records"); }));
  const auto during = metrics.stable(before, wall_clock() + milliseconds(50));
  EXPECT_LT(during.completeness, 1);
  haproxy.start();
  ASSERT_TRUE(eventually([&] { return metrics.is_healthy("records") && metrics.is_healthy("counters"); }));
  const Instant from = wall_clock();
  Client client(haproxy.port());
  for (int i = 0; i < 25; ++i) client.get("/a/fail");
  const auto found = metrics.stable(from, wall_clock() + milliseconds(5));
  EXPECT_EQ(found.values.at("requests"), 25);
  EXPECT_EQ(found.values.at("failures"), 25);
  EXPECT_EQ(found.completeness, 1);
}

TEST(HaproxyRestarts, AReloadUnderLoadDoublesNoRequestAndLosesAtMostTheOldProcessesLast) {
  Haproxy haproxy;
  haproxy.start();
  Metrics metrics(haproxy);
  ASSERT_TRUE(eventually([&] { return metrics.is_healthy("records") && metrics.is_healthy("counters"); }));
  const Instant from = wall_clock();
  std::atomic<bool> stop{false};
  std::atomic<int> answered{0};
  std::thread load([&] {
    Client client(haproxy.port());
    while (!stop) answered += client.get("/b") == 200 ? 1 : 0;
  });
  EXPECT_TRUE(eventually([&] { return answered > 50; }));
  haproxy.reload();
  const int at_reload = answered;
  EXPECT_TRUE(eventually([&] { return answered > at_reload + 50; }));
  stop = true;
  load.join();
  const auto found = metrics.ask(from, wall_clock() + milliseconds(20)).groups.at(0);
  // A process that ends may take its newest records with it before its ring has sent them.
  EXPECT_LE(found.values.at("requests"), answered);
  EXPECT_GE(found.values.at("requests"), answered - 10);
  // Where later ones came, the gap in their numbers tells of it.
  EXPECT_GE(found.completeness, 1 - 10.0 / answered);
}

TEST(HaproxyRestarts, AHaproxyThatHangsDoesNotHoldAnswersUp) {
  Haproxy haproxy;
  haproxy.start();
  Metrics metrics(haproxy);
  ASSERT_TRUE(eventually([&] { return metrics.is_healthy("records"); }));
  haproxy.signal(SIGSTOP);
  const Instant begin = wall_clock();
  metrics.ask(begin - seconds(1), begin);
  EXPECT_LT(wall_clock() - begin, seconds(3));
  EXPECT_TRUE(eventually([&] { return !metrics.is_healthy("counters"); }));
  haproxy.signal(SIGCONT);
  EXPECT_TRUE(eventually([&] { return metrics.is_healthy("counters"); }));
}

}  // namespace
}  // namespace slipway::test
