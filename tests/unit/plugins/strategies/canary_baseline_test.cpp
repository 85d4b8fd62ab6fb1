// A canary that is compared with fresh replicas of the stable release.
#include <gmock/gmock.h>

#include "tests/support/strategy_world.hpp"

namespace slipway::canary {
namespace {

using strategy::Command;
using strategy::Outcome;
using strategy::WaitKind;
using testing::ElementsAre;

using Groups = std::vector<strategy::Group>;

class CanaryBaseline : public ::testing::Test {
 protected:
  CanaryBaseline() { EXPECT_TRUE(host.run().ok()); }
  test::StrategyWorld world(const char* settings, test::StrategyWorld::Options options = {}) {
    return {host, Json::parse(settings), options};
  }

  test::Library library{PLUGIN};
  test::FakeHost host{library.table()};
};

constexpr const char* kQuarter = R"({"baseline": true, "steps": [{"weight": "25%"}, {"pause": {}}]})";

TEST_F(CanaryBaseline, HasAsManyReplicasAndAsMuchTrafficAsTheCanary) {
  auto rollout =
      world(R"({"baseline": true, "steps": [{"weight": "10%"}, {"pause": {}}, {"weight": "30%"}, {"pause": {}},
                                                       {"weight": "50%"}, {"pause": {}}]})",
            {.replicas = 10});
  std::vector<Groups> seen;
  for (int i = 0; i < 3; ++i) {
    rollout.run(seconds(60));
    seen.push_back(rollout.last.groups);
    rollout.ask(Command::promote);
  }
  EXPECT_THAT(seen, ElementsAre(Groups{{"stable", 10, 800'000}, {"next", 1, 100'000}, {"baseline", 1, 100'000}},
                                Groups{{"stable", 10, 400'000}, {"next", 3, 300'000}, {"baseline", 3, 300'000}},
                                Groups{{"stable", 10, 0}, {"next", 5, 500'000}, {"baseline", 5, 500'000}}));
}

TEST_F(CanaryBaseline, BeyondOneHalfHasWhatTheCanaryLeavesAtTheSameLoadForEachReplica) {
  auto rollout =
      world(R"({"baseline": true, "steps": [{"weight": "50%"}, {"pause": {}}, {"weight": "75%"}, {"pause": {}}]})",
            {.replicas = 8});
  rollout.run(seconds(60));
  rollout.ask(Command::promote);
  rollout.run(seconds(60));
  EXPECT_THAT(rollout.last.groups, ElementsAre(strategy::Group{"stable", 8, 0}, strategy::Group{"next", 6, 750'000},
                                               strategy::Group{"baseline", 2, 250'000}));
}

TEST_F(CanaryBaseline, BothGetTheirFirstTrafficInTheSameOrderWhenBothAreAvailable) {
  auto rollout = world(kQuarter, {.start_time = std::nullopt});
  rollout.settle();
  EXPECT_EQ(rollout.last.groups, (Groups{{"stable", 4, kAllTraffic}, {"next", 1, 0}, {"baseline", 1, 0}}));
  rollout.make_ready(1, "next");
  rollout.settle();
  EXPECT_EQ(rollout.next_share(), "0%");
  EXPECT_EQ(rollout.last.wait.kind, WaitKind::replicas);
  EXPECT_EQ(rollout.last.wait.what, "0 of 1 baseline replica to be available");
  rollout.make_ready(1, "baseline");
  rollout.step();
  EXPECT_EQ(rollout.last.groups, (Groups{{"stable", 4, 500'000}, {"next", 1, 250'000}, {"baseline", 1, 250'000}}));
  EXPECT_EQ(rollout.last.reason,
            "step 1 of 3, set the weight to 25%: 25% of the traffic for 1 canary replica, 25% for 1 baseline replica");
}

TEST_F(CanaryBaseline, CountsAReplicaAfterTheTimeThatTheCanarysMustHaveBeenReady) {
  auto rollout = world(R"({"baseline": true, "steps": [{"weight": "25%"}, {"pause": {}}], "min_ready": "10s"})",
                       {.start_time = std::nullopt});
  rollout.settle();
  rollout.make_ready(1, "next");
  rollout.advance(seconds(5));
  rollout.make_ready(1, "baseline");
  rollout.advance(seconds(5));
  EXPECT_EQ(rollout.next_share(), "0%");
  rollout.advance(seconds(5));
  EXPECT_EQ(rollout.weight("baseline"), 250'000U);
}

TEST_F(CanaryBaseline, AllAnalysesCompareWithIt) {
  auto rollout =
      world(R"({"baseline": true, "steps": [{"weight": "25%"}, {"analysis": "errors"}], "analyses": "slow"})");
  rollout.run(seconds(60));
  std::vector<std::string> against;
  for (const auto& wanted : rollout.last.analyses)
    against.push_back(wanted.name + " of " + wanted.role + " against " + wanted.baseline);
  EXPECT_THAT(against, ElementsAre("slow of next against baseline", "errors of next against baseline"));
}

TEST_F(CanaryBaseline, WithoutAReadyReplicaItsTrafficGoesToTheStableOnes) {
  auto rollout = world(kQuarter);
  rollout.run(seconds(60));
  rollout.break_replicas(1, "baseline");
  rollout.settle();
  EXPECT_EQ(rollout.last.groups, (Groups{{"stable", 4, 750'000}, {"next", 1, 250'000}, {"baseline", 1, 0}}));
  EXPECT_EQ(rollout.last.wait.what, "0 of 1 baseline replica to be available");
  rollout.make_ready(1, "baseline");
  rollout.settle();
  EXPECT_EQ(rollout.weight("baseline"), 250'000U);
}

TEST_F(CanaryBaseline, WithoutAReadyCanaryItHasNoTrafficEither) {
  auto rollout = world(kQuarter);
  rollout.run(seconds(60));
  rollout.break_replicas(1, "next");
  rollout.settle();
  EXPECT_EQ(rollout.last.groups, (Groups{{"stable", 4, kAllTraffic}, {"next", 1, 0}, {"baseline", 1, 0}}));
}

TEST_F(CanaryBaseline, ThatDoesNotBecomeReadyInTimeEndsTheRollout) {
  auto rollout = world(R"({"baseline": true, "steps": [{"weight": "25%"}], "progress_deadline": "60s"})",
                       {.start_time = std::nullopt});
  rollout.settle();
  rollout.make_ready(1, "next");
  rollout.run();
  EXPECT_EQ(rollout.last.outcome, Outcome::failed);
  EXPECT_EQ(rollout.last.reason, "no progress for 1m while it waited for 0 of 1 baseline replica to be available");
}

TEST_F(CanaryBaseline, StaysOnTheWayToAllTrafficAndGoesWithIt) {
  auto rollout = world(kQuarter, {.start_time = std::nullopt});
  rollout.settle();
  rollout.make_ready(1, "next");
  rollout.make_ready(1, "baseline");
  rollout.settle();
  rollout.ask(Command::promote_fully);
  rollout.settle();
  EXPECT_EQ(rollout.last.groups, (Groups{{"stable", 4, 500'000}, {"next", 4, 250'000}, {"baseline", 1, 250'000}}));
  rollout.make_ready(3, "next");
  rollout.step();
  EXPECT_EQ(rollout.last.groups, (Groups{{"stable", 4, 0}, {"next", 4, kAllTraffic}}));
  EXPECT_EQ(rollout.settle().outcome, Outcome::promoted);
  EXPECT_EQ(rollout.last.groups, (Groups{{"stable", 4, 0}, {"next", 4, kAllTraffic}}));
}

TEST_F(CanaryBaseline, HasTheReplicasThatAScaleStepGivesTheCanary) {
  auto rollout = world(R"({"baseline": true, "steps": [{"scale": {"replicas": 3}}, {"pause": {}}]})");
  rollout.run(seconds(60));
  EXPECT_EQ(rollout.last.groups, (Groups{{"stable", 4, kAllTraffic}, {"next", 3, 0}, {"baseline", 3, 0}}));
}

TEST_F(CanaryBaseline, KeepsItsReplicasUntilTheTrafficHasFallen) {
  auto rollout =
      world(R"({"baseline": true, "steps": [{"weight": "50%"}, {"pause": {}}, {"weight": "25%"}, {"pause": {}}]})");
  rollout.run(seconds(60));
  rollout.hold_traffic();
  rollout.ask(Command::promote);
  rollout.settle();
  EXPECT_EQ(rollout.count("baseline"), 2);
  EXPECT_EQ(rollout.weight("baseline"), 250'000U);
  rollout.release_traffic();
  rollout.settle();
  EXPECT_EQ(rollout.count("baseline"), 1);
}

TEST_F(CanaryBaseline, AFirstReleaseHasNone) {
  auto rollout = world(kQuarter, {.has_stable = false});
  EXPECT_EQ(rollout.run().outcome, Outcome::promoted);
  EXPECT_EQ(rollout.last.groups, (Groups{{"next", 4, kAllTraffic}}));
}

TEST_F(CanaryBaseline, IsInThePlan) {
  const strategy::PlanRequest request{.settings = {kQuarter}, .replicas = 4, .start_time = seconds(10)};
  const auto plan = host.call<strategy::Interface, strategy::Plan>(request);
  ASSERT_TRUE(plan.ok()) << to_string(plan.status());
  EXPECT_EQ(plan->moments.front().groups, (Groups{{"stable", 4, kAllTraffic}, {"next", 1, 0}, {"baseline", 1, 0}}));
  EXPECT_EQ(plan->moments.back().groups, (Groups{{"stable", 4, 0}, {"next", 4, kAllTraffic}}));
}

TEST_F(CanaryBaseline, IsRefusedWhereTheProviderHasNoRoomForAThirdGroup) {
  strategy::ValidateRequest request{.settings = {kQuarter}};
  auto reply = host.call<strategy::Interface, strategy::Validate>(request);
  ASSERT_TRUE(reply.ok()) << to_string(reply.status());
  ASSERT_EQ(reply->problems.size(), 1U);
  EXPECT_EQ(reply->problems[0].path + ": " + reply->problems[0].message,
            "/baseline: the provider runs only 2 groups of an application at once; a canary with a baseline needs 3");
  request.capabilities.max_groups = 3;
  reply = host.call<strategy::Interface, strategy::Validate>(request);
  EXPECT_TRUE(reply->problems.empty());
}

}  // namespace
}  // namespace slipway::canary
