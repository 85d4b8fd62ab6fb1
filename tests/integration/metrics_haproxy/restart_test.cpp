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
  // What HAProxy writes into a stream that is being closed is lost.
  ASSERT_TRUE(eventually([&] { return !old->is_healthy("records"); }));
  const Instant after = wall_clock();
  for (int i = 0; i < 20; ++i) client.get("/a");
  const Instant to = wall_clock() + milliseconds(5);
  old.reset();
  ASSERT_TRUE(eventually([&] { return successor.is_healthy("records"); }));
  metrics::GroupSamples found;
  EXPECT_TRUE(eventually([&] {
    found = successor.stable(after, to);
    return found.values["requests"] >= 20;
  })) << encode_text(found);
  EXPECT_EQ(found.values.at("requests"), 20) << encode_text(found);
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

// HAProxy that is stopping sends no record any more, and yet each connection may bring one more request.
TEST(HaproxyRestarts, ReloadsUnderLoadNeitherLoseNorDoubleARequest) {
  Haproxy haproxy;
  haproxy.start();
  Metrics metrics(haproxy);
  ASSERT_TRUE(eventually([&] { return metrics.is_healthy("records") && metrics.is_healthy("counters"); }));
  const Instant from = wall_clock();
  Crowd crowd(haproxy.port(), 8, "/b");
  for (int reload = 0; reload < 3; ++reload) {
    const int before = crowd.answered();
    ASSERT_TRUE(eventually([&] { return crowd.answered() > before + 500; }));
    haproxy.reload();
  }
  const int at_last = crowd.answered();
  EXPECT_TRUE(eventually([&] { return crowd.answered() > at_last + 500; }));
  crowd.stop();
  const auto found = metrics.ask(from, wall_clock() + milliseconds(20)).groups.at(0);
  EXPECT_EQ(found.values.at("requests"), crowd.answered());
  EXPECT_EQ(found.completeness, 1) << found.problem;
  EXPECT_EQ(metrics.lost(), 0);
}

TEST(HaproxyRestarts, WhatARingCouldNotKeepIsCountedAsLostToTheLastRequest) {
  Haproxy haproxy(Ring::held);
  HeldStream stream(haproxy);
  Metrics metrics(haproxy, {{"stats_socket", ""}});
  haproxy.start();
  ASSERT_TRUE(eventually([&] { return metrics.is_healthy("records"); }));
  const Instant from = wall_clock();
  Client client(haproxy.port());
  ASSERT_EQ(client.get("/b"), 200);
  ASSERT_TRUE(eventually([&] { return metrics.ask(from, wall_clock()).groups.at(0).values.at("requests") == 1; }));
  stream.hold();
  Crowd crowd(haproxy.port(), 4, "/b");
  EXPECT_TRUE(eventually([&] { return crowd.answered() > 12'000; }, std::chrono::seconds(60)));
  crowd.stop();
  stream.let_go();
  int answered = crowd.answered() + 1;
  metrics::GroupSamples found;
  // The next record that the ring has place for tells how many it had none for.
  EXPECT_TRUE(eventually([&] {
    answered += client.get("/b") == 200 ? 1 : 0;
    found = metrics.ask(from, wall_clock()).groups.at(0);
    return found.values.at("requests") + metrics.lost() == answered;
  })) << found.values.at("requests")
      << " and " << metrics.lost() << " lost of " << answered;
  EXPECT_GT(metrics.lost(), 1000);
  EXPECT_DOUBLE_EQ(found.completeness, found.values.at("requests") / answered);
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
