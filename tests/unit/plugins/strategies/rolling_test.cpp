#include <gtest/gtest.h>

#include "plugins/strategies/rolling/settings.hpp"
#include "tests/support/manifest_config.hpp"
#include "tests/support/strategy_world.hpp"

namespace slipway::rolling {
namespace {

using strategy::Command;
using strategy::Finding;
using strategy::Outcome;
using strategy::WaitKind;

class Rolling : public ::testing::Test {
 protected:
  Rolling() { EXPECT_TRUE(host.run().ok()); }
  test::StrategyWorld world(const Json& settings, test::StrategyWorld::Options options = {}) {
    return {host, settings, options};
  }

  test::Library library{PLUGIN};
  test::FakeHost host{library.table()};
};

// Kubernetes: a surge rounds up, an unavailability down, and both 0 means 1 unavailable. `most` is the largest number
// of replicas at once, `least` the smallest number of available ones.
struct Rounding {
  const char* surge;
  const char* unavailable;
  std::int32_t replicas, most, least;
};

class KubernetesRounding : public Rolling, public ::testing::WithParamInterface<Rounding> {};

TEST_P(KubernetesRounding, HoldsThroughTheWholeRollout) {
  const auto& row = GetParam();
  auto rollout = world({{"max_surge", row.surge}, {"max_unavailable", row.unavailable}}, {.replicas = row.replicas});
  std::int32_t most = 0;
  std::int32_t least = row.replicas;
  for (int i = 0; i < 5'000 && rollout.step().outcome == Outcome::progressing; ++i) {
    most = std::max(most, rollout.next() + rollout.stable());
    std::int32_t ready = 0;
    for (const auto& group : rollout.observation().groups) ready += group.ready;
    least = std::min(least, ready);
    rollout.now = rollout.now + milliseconds(500);
  }
  EXPECT_EQ(rollout.last.outcome, Outcome::promoted) << rollout.last.reason;
  EXPECT_EQ(most, row.most);
  EXPECT_EQ(least, row.least);
}

INSTANTIATE_TEST_SUITE_P(Table, KubernetesRounding,
                         ::testing::Values(Rounding{"25%", "25%", 4, 5, 3}, Rounding{"25%", "25%", 10, 13, 8},
                                           Rounding{"25%", "25%", 1, 2, 1}, Rounding{"25%", "25%", 3, 4, 3},
                                           Rounding{"0", "0", 4, 4, 3}, Rounding{"0", "25%", 3, 3, 2},
                                           Rounding{"0%", "10%", 5, 5, 4}, Rounding{"1", "0", 4, 5, 4},
                                           Rounding{"30%", "0", 7, 10, 7}, Rounding{"0", "30%", 7, 7, 5},
                                           Rounding{"100%", "0", 3, 6, 3}, Rounding{"0", "100%", 3, 3, 0},
                                           Rounding{"0", "5", 3, 3, 0}));

TEST_F(Rolling, TheWeightFollowsAvailabilityAndOldReplicasLeaveOnlyAfterItHasMoved) {
  auto rollout = world({{"max_surge", "1"}, {"max_unavailable", "0"}});
  rollout.settle();
  EXPECT_EQ(rollout.next(), 1);
  EXPECT_EQ(rollout.stable(), 4);
  EXPECT_EQ(rollout.next_share(), "0%");
  EXPECT_EQ(rollout.last.wait.what, "0 of 1 new replica to be available");
  rollout.hold_traffic();
  rollout.advance(seconds(1));
  EXPECT_EQ(rollout.next_share(), "25%");
  EXPECT_EQ(rollout.stable(), 4) << "the traffic is still on it";
  EXPECT_EQ(rollout.last.wait.what, "25% of the traffic to reach the new release");
  EXPECT_EQ(rollout.last.wait.next, "stop 1 old replica");
  rollout.release_traffic();
  rollout.settle();
  EXPECT_EQ(rollout.stable(), 3);
  EXPECT_EQ(rollout.next(), 2);
}

TEST_F(Rolling, EndsWithAllReplicasNewAndAllTrafficOnThem) {
  auto rollout = world(Json::object());
  EXPECT_EQ(rollout.run().outcome, Outcome::promoted);
  EXPECT_EQ(rollout.last.groups, (std::vector<strategy::Group>{{"next", 4, kAllTraffic}}));
  EXPECT_EQ(rollout.last.reason, "all traffic is on the new release");
}

TEST_F(Rolling, AFirstReleaseGetsAllTrafficAsSoonAsAReplicaIsReady) {
  auto rollout = world(Json::object(), {.has_stable = false, .start_time = std::nullopt});
  rollout.settle();
  EXPECT_EQ(rollout.next(), 4);
  EXPECT_EQ(rollout.next_share(), "0%");
  rollout.make_ready(1);
  rollout.settle();
  EXPECT_EQ(rollout.next_share(), "100%");
  EXPECT_EQ(rollout.last.outcome, Outcome::progressing);
  rollout.make_ready(3);
  EXPECT_EQ(rollout.settle().outcome, Outcome::promoted);
}

TEST_F(Rolling, AHeldAnalysisDoesNotHoldAFirstRelease) {
  auto rollout = world({{"analyses", {"errors"}}}, {.has_stable = false, .start_time = std::nullopt});
  rollout.say("errors", Finding::held, "half of the metrics have no data");
  rollout.settle();
  rollout.make_ready(4);
  EXPECT_EQ(rollout.settle().outcome, Outcome::promoted);
}

TEST_F(Rolling, AReplicaCountsOnlyAfterItWasReadyForMinReady) {
  auto rollout = world({{"max_surge", 1}, {"max_unavailable", 0}, {"min_ready", "10s"}});
  rollout.settle();
  rollout.advance(seconds(1));
  EXPECT_EQ(rollout.last.wait.until, rollout.now + seconds(10));
  rollout.advance(milliseconds(9'999));
  EXPECT_EQ(rollout.stable(), 4);
  rollout.advance(milliseconds(1));
  EXPECT_EQ(rollout.stable(), 3);
}

TEST_F(Rolling, FailsWhenNothingGoesForwardForTheProgressDeadline) {
  auto rollout =
      world({{"progress_deadline", "60s"}, {"max_surge", 2}, {"max_unavailable", 0}}, {.start_time = std::nullopt});
  rollout.set_problem("replica 1: exit status 3");
  rollout.settle();
  rollout.advance(milliseconds(59'999));
  EXPECT_EQ(rollout.last.outcome, Outcome::progressing);
  rollout.advance(milliseconds(1));
  EXPECT_EQ(rollout.last.outcome, Outcome::failed);
  EXPECT_EQ(rollout.last.reason,
            "no progress for 1m while it waited for 0 of 2 new replicas to be available (replica 1: exit status 3)");
}

TEST_F(Rolling, EachReplicaThatBecomesReadyRefreshesTheProgressDeadline) {
  auto rollout = world({{"progress_deadline", "60s"}, {"max_surge", "100%"}, {"max_unavailable", 0}},
                       {.start_time = std::nullopt});
  rollout.settle();
  for (int i = 0; i < 3; ++i) {
    rollout.now = rollout.now + seconds(59);
    rollout.make_ready(1);
    EXPECT_EQ(rollout.settle().outcome, Outcome::progressing) << i;
  }
  EXPECT_EQ(rollout.advance(seconds(60)).outcome, Outcome::failed);
}

TEST_F(Rolling, ACrashLoopIsNoProgress) {
  auto rollout = world({{"progress_deadline", "60s"}, {"min_ready", "30s"}, {"max_surge", 1}, {"max_unavailable", 0}},
                       {.start_time = std::nullopt});
  rollout.settle();
  for (int i = 0; i < 5; ++i) {
    rollout.make_ready(1);
    rollout.advance(seconds(10));
    rollout.break_replicas(1);
    rollout.advance(seconds(1));
  }
  EXPECT_EQ(rollout.advance(seconds(15)).outcome, Outcome::failed);
}

TEST_F(Rolling, AFailedAnalysisEndsItWithTheAnalysisSentence) {
  auto rollout = world({{"analyses", "errors"}});
  rollout.say("errors", Finding::failed, "error_ratio 0.2 of 512 requests is not < 0.05");
  EXPECT_EQ(rollout.settle().outcome, Outcome::failed);
  EXPECT_EQ(rollout.last.reason, "the analysis errors failed: error_ratio 0.2 of 512 requests is not < 0.05");
}

TEST_F(Rolling, AHeldAnalysisStopsTheNextBatchAndItsDeadline) {
  auto rollout =
      world({{"analyses", {"errors"}}, {"max_surge", 1}, {"max_unavailable", 0}, {"progress_deadline", "60s"}});
  rollout.say("errors", Finding::held, "only 3 of 30 requests");
  rollout.settle();
  rollout.advance(seconds(3600));
  EXPECT_EQ(rollout.last.outcome, Outcome::progressing);
  EXPECT_EQ(rollout.next(), 1);
  EXPECT_EQ(rollout.last.wait.kind, WaitKind::analysis);
  EXPECT_EQ(rollout.last.wait.what, "a person, for the analysis errors is held: only 3 of 30 requests");
  rollout.say("errors", Finding::running);
  rollout.settle();
  EXPECT_EQ(rollout.next(), 2);
}

TEST_F(Rolling, APromoteGoesOneBatchPastAHeldAnalysisAndNoFurther) {
  for (const auto word : {Command::promote, Command::skip}) {
    auto rollout = world({{"analyses", {"errors"}}, {"max_surge", 1}, {"max_unavailable", 0}, {"pause_at", 3}});
    rollout.say("errors", Finding::held, "only 3 of 30 requests");
    rollout.settle();
    rollout.advance(seconds(60));
    for (std::int32_t batch = 2; batch <= 3; ++batch) {
      rollout.ask(word);
      rollout.settle();
      rollout.advance(seconds(60));
      EXPECT_EQ(rollout.next(), batch);
      EXPECT_EQ(rollout.stable(), 5 - batch);
      EXPECT_EQ(rollout.last.wait.what, "a person, for the analysis errors is held: only 3 of 30 requests");
    }
    rollout.ask(word);
    rollout.settle();
    EXPECT_EQ(rollout.next(), 3) << "the pause was not what somebody ended";
    EXPECT_EQ(rollout.last.wait.what, "somebody to promote");
    rollout.ask(word);
    rollout.settle();
    EXPECT_EQ(rollout.next(), 4);
  }
}

TEST_F(Rolling, TheLastOldReplicasWaitForTheFirstMeasurement) {
  auto rollout = world({{"analyses", {"errors"}}, {"max_surge", 1}, {"max_unavailable", 0}});
  rollout.measure_nothing("errors");
  rollout.run();
  EXPECT_EQ(rollout.last.outcome, Outcome::progressing);
  EXPECT_EQ(rollout.stable(), 1);
  EXPECT_EQ(rollout.next_share(), "75%");
  EXPECT_EQ(rollout.last.wait.what, "the first measurement of the analysis errors, or a person who promotes");
  EXPECT_EQ(rollout.last.wait.next, "stop the last old replicas");
  rollout.advance(seconds(3600));
  EXPECT_EQ(rollout.last.outcome, Outcome::progressing) << "no deadline of progress runs";
  rollout.say("errors", Finding::running);
  EXPECT_EQ(rollout.run().outcome, Outcome::promoted);
}

TEST_F(Rolling, APersonMayPromoteWhatWasNotMeasured) {
  auto rollout = world({{"analyses", {"errors"}}, {"max_surge", 1}, {"max_unavailable", 0}});
  rollout.measure_nothing("errors");
  rollout.run();
  rollout.ask(Command::promote);
  EXPECT_EQ(rollout.run().outcome, Outcome::promoted);
}

TEST_F(Rolling, APauseThatSomebodyEndedDoesNotLetTheUnmeasuredPass) {
  auto rollout = world({{"analyses", {"errors"}}, {"max_surge", 1}, {"max_unavailable", 0}, {"pause_at", 1}});
  rollout.measure_nothing("errors");
  rollout.run(seconds(60));
  EXPECT_EQ(rollout.last.wait.what, "somebody to promote");
  rollout.ask(Command::promote);
  rollout.run();
  EXPECT_EQ(rollout.last.wait.what, "the first measurement of the analysis errors, or a person who promotes");
}

TEST_F(Rolling, APromoteEndsThePauseOfAFirstReleaseWhoseAnalysisIsHeld) {
  auto rollout = world({{"analyses", {"errors"}}, {"pause_at", 1}}, {.has_stable = false});
  rollout.say("errors", Finding::held, "nobody asks");
  rollout.run(seconds(60));
  EXPECT_EQ(rollout.last.wait.what, "somebody to promote");
  rollout.ask(Command::promote);
  EXPECT_EQ(rollout.run().outcome, Outcome::promoted);
}

TEST_F(Rolling, ABatchOfAllHasNothingToBeMeasuredBefore) {
  auto rollout = world({{"analyses", {"errors"}}, {"max_surge", "100%"}});
  rollout.measure_nothing("errors");
  EXPECT_EQ(rollout.run().outcome, Outcome::promoted);
}

TEST_F(Rolling, StopsAtPauseAtUntilSomebodyPromotes) {
  auto rollout = world({{"pause_at", "50%"}, {"progress_deadline", "60s"}});
  rollout.run(seconds(3600));
  EXPECT_EQ(rollout.next(), 2);
  EXPECT_EQ(rollout.last.wait.kind, WaitKind::approval);
  EXPECT_EQ(rollout.last.wait.next, "start 2 more replicas");
  rollout.now = rollout.now + seconds(3600);
  rollout.ask(Command::promote);
  EXPECT_EQ(rollout.run().outcome, Outcome::promoted);
}

TEST_F(Rolling, PromoteFullyStartsAllRemainingReplicasAtOnce) {
  auto rollout = world({{"max_surge", 1}, {"max_unavailable", 0}, {"pause_at", 1}});
  rollout.ask(Command::promote_fully);
  rollout.settle();
  EXPECT_EQ(rollout.next(), 4);
  EXPECT_EQ(rollout.stable(), 4);
  EXPECT_EQ(rollout.run().outcome, Outcome::promoted);
}

TEST_F(Rolling, TheWeightFallsWhenNewReplicasBreak) {
  auto rollout = world({{"max_surge", "100%"}, {"max_unavailable", 0}, {"pause_at", 2}}, {.start_time = std::nullopt});
  rollout.settle();
  rollout.make_ready(2);
  rollout.settle();
  EXPECT_EQ(rollout.next_share(), "50%");
  rollout.break_replicas(2);
  rollout.settle();
  EXPECT_EQ(rollout.next_share(), "0%");
}

TEST_F(Rolling, TheWeightStaysWhenTheClockIsSetBackWithinMinReady) {
  auto rollout = world({{"max_surge", 1}, {"max_unavailable", 0}, {"min_ready", "10s"}});
  rollout.settle();
  rollout.advance(seconds(11));
  EXPECT_EQ(rollout.next_share(), "25%");
  rollout.advance(seconds(-9));
  EXPECT_EQ(rollout.next_share(), "25%");
  EXPECT_EQ(rollout.stable(), 3);
  rollout.break_replicas(2);
  rollout.settle();
  EXPECT_EQ(rollout.next_share(), "0%");
}

TEST_F(Rolling, AnApplicationWithoutReplicasIsPromotedAtOnce) {
  auto rollout = world(Json::object(), {.replicas = 0});
  EXPECT_EQ(rollout.settle().outcome, Outcome::promoted);
}

TEST_F(Rolling, FaultsAreAllReportedWithTheirPaths) {
  strategy::ValidateRequest request{
      .settings = {R"({"min_ready":"10s","progress_deadline":"5s","analyses":["errors","latency"]})"}};
  request.analyses = {"errors"};
  const auto reply = host.call<strategy::Interface, strategy::Validate>(request);
  ASSERT_TRUE(reply.ok());
  ASSERT_EQ(reply->problems.size(), 2U);
  EXPECT_EQ(reply->problems[0].path + " " + reply->problems[0].message,
            "/analyses is no analysis here; there are errors");
  EXPECT_EQ(reply->problems[1].path + " " + reply->problems[1].message,
            "/progress_deadline want more than min_ready, which is 10s");
}

TEST_F(Rolling, WhatTheProviderCannotDoIsRefusedByName) {
  const auto refused = [&](std::int32_t replicas, provider::CapabilitiesReply able) {
    strategy::ValidateRequest request{.settings = {"{}"}, .replicas = replicas, .capabilities = able};
    const auto reply = host.call<strategy::Interface, strategy::Validate>(request);
    std::string text;
    if (reply.ok()) {
      for (const auto& problem : reply->problems) text += problem.path + " " + problem.message + "\n";
    }
    return text;
  };
  EXPECT_EQ(refused(4, {}), "");
  EXPECT_EQ(refused(4, {.weights = false}),
            "/ the provider can't split traffic by weight, which several replicas need\n");
  EXPECT_EQ(refused(4, {.weight_granularity = 10'000}),
            "/ the provider's weights are multiples of 1%, and the traffic of several replicas moves in any shares\n");
  EXPECT_EQ(refused(1, {.weight_granularity = 10'000, .weights = false}), "") << "all or nothing will do";
  EXPECT_EQ(refused(1, {.max_groups = 1}),
            "/ the provider runs only 1 group of an application at once, rolling needs 2\n");
}

// So no share is ever ordered where there is but one replica.
TEST_F(Rolling, ASingleReplicaHasNothingOrAllOfTheTraffic) {
  for (const char* surge : {"0", "1"}) {
    auto rollout = world({{"max_surge", surge}}, {.replicas = 1});
    for (int i = 0; i < 5'000 && rollout.step().outcome == Outcome::progressing; ++i) {
      for (const auto& group : rollout.last.groups) EXPECT_TRUE(group.weight == 0 || group.weight == kAllTraffic);
      rollout.now = rollout.now + milliseconds(500);
    }
    EXPECT_EQ(rollout.last.outcome, Outcome::promoted) << rollout.last.reason;
  }
}

TEST_F(Rolling, ThePackagesSchemaIsThatOfTheSettings) {
  EXPECT_EQ(test::config_in(MANIFEST), schema_of_defaults<Settings>()) << schema_of_defaults<Settings>().dump(2);
}

}  // namespace
}  // namespace slipway::rolling
