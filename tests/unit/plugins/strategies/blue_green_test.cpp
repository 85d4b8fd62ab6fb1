#include <gmock/gmock.h>

#include "plugins/strategies/blue-green/settings.hpp"
#include "tests/support/manifest_config.hpp"
#include "tests/support/strategy_world.hpp"

namespace slipway::blue_green {
namespace {

using strategy::Command;
using strategy::Finding;
using strategy::Outcome;
using strategy::WaitKind;

class BlueGreen : public ::testing::Test {
 protected:
  BlueGreen() { EXPECT_TRUE(host.run().ok()); }
  test::StrategyWorld world(const char* settings, test::StrategyWorld::Options options = {}) {
    return {host, Json::parse(settings), options};
  }

  test::Library library{PLUGIN};
  test::FakeHost host{library.table()};
};

TEST_F(BlueGreen, SwitchesAtOnceWhenGreenIsWholeAndKeepsBlue) {
  auto rollout = world(R"({"keep_blue": "5m"})", {.start_time = std::nullopt});
  rollout.settle();
  EXPECT_EQ(rollout.next(), 4);
  EXPECT_EQ(rollout.last.wait.what, "0 of 4 new replicas to be available");
  EXPECT_EQ(rollout.last.wait.next, "switch");
  rollout.make_ready(3);
  rollout.settle();
  EXPECT_EQ(rollout.next_share(), "0%");
  rollout.make_ready(1);
  EXPECT_EQ(rollout.settle().outcome, Outcome::promoted);
  EXPECT_EQ(rollout.last.groups, (std::vector<strategy::Group>{{"stable", 4, 0}, {"next", 4, kAllTraffic}}));
  EXPECT_EQ(rollout.last.keep_stable, seconds(300));
}

TEST_F(BlueGreen, SmokeTestsPassBeforeAnyTraffic) {
  auto rollout = world(R"({"smoke": "smoke"})");
  rollout.run();
  EXPECT_EQ(rollout.next_share(), "0%");
  EXPECT_EQ(rollout.last.wait.what, "the analysis smoke to pass");
  ASSERT_EQ(rollout.last.analyses.size(), 1U);
  EXPECT_EQ(rollout.last.analyses[0].run, "smoke");
  rollout.say("smoke", Finding::passed);
  EXPECT_EQ(rollout.run().outcome, Outcome::promoted);
}

TEST_F(BlueGreen, AFailedSmokeTestEndsItWithoutTraffic) {
  auto rollout = world(R"({"smoke": ["smoke"], "progress_deadline": "1h"})");
  rollout.say("smoke", Finding::failed, "2 of 3 cases failed");
  EXPECT_EQ(rollout.run().outcome, Outcome::failed);
  EXPECT_EQ(rollout.last.reason, "the analysis smoke failed: 2 of 3 cases failed");
}

TEST_F(BlueGreen, APreviewIsSmallUntilTheSwitchBegins) {
  auto rollout = world(R"({"preview_replicas": "30%", "smoke": "smoke"})");
  rollout.run();
  EXPECT_EQ(rollout.next(), 2);
  rollout.say("smoke", Finding::passed);
  rollout.settle();
  EXPECT_EQ(rollout.next(), 4);
  EXPECT_EQ(rollout.next_share(), "0%") << "two of four replicas do not carry all traffic";
  EXPECT_EQ(rollout.run().outcome, Outcome::promoted);
}

TEST_F(BlueGreen, TheSwitchGoesByStepsWithPausesAndAnalyses) {
  auto rollout = world(
      R"({"switch_steps": [{"weight": "10%", "analyses": "traffic"}, {"weight": "50%", "pause": "1m"}], "analyses": ["errors"]})");
  rollout.run(seconds(30));
  EXPECT_EQ(rollout.next_share(), "10%");
  EXPECT_EQ(rollout.last.wait.what, "the analysis traffic to pass");
  EXPECT_EQ(rollout.last.wait.next, "set the weight to 50%");
  ASSERT_EQ(rollout.last.analyses.size(), 2U);
  rollout.say("traffic", Finding::passed);
  rollout.settle();
  EXPECT_EQ(rollout.next_share(), "50%");
  EXPECT_EQ(rollout.last.wait.until, rollout.now + seconds(60));
  rollout.advance(seconds(60));
  EXPECT_EQ(rollout.last.outcome, Outcome::promoted);
}

TEST_F(BlueGreen, ABackgroundAnalysisThatFailsAfterTheSwitchBeganEndsIt) {
  auto rollout = world(R"({"switch_steps": [{"weight": "10%", "pause": "1h"}], "analyses": ["errors"]})");
  rollout.run(seconds(30));
  rollout.say("errors", Finding::failed, "5% of the requests failed");
  EXPECT_EQ(rollout.settle().reason, "the analysis errors failed: 5% of the requests failed");
}

TEST_F(BlueGreen, AllTrafficWaitsForTheFirstMeasurementInTheBackground) {
  auto rollout = world(
      R"({"switch_steps": [{"weight": "10%", "pause": "1m"}, {"weight": "50%", "pause": "1m"}], "analyses": ["errors"]})");
  rollout.measure_nothing("errors");
  rollout.run();
  EXPECT_EQ(rollout.next_share(), "50%");
  EXPECT_EQ(rollout.last.wait.what, "the first measurement of the analysis errors, or a person who promotes");
  EXPECT_EQ(rollout.last.wait.next, "set the weight to 100%");
  rollout.say("errors", Finding::running);
  EXPECT_EQ(rollout.run().outcome, Outcome::promoted);
}

TEST_F(BlueGreen, ASwitchAtOnceIsPromotedOnlyWhenItWasMeasured) {
  auto rollout = world(R"({"analyses": ["errors"]})");
  rollout.measure_nothing("errors");
  rollout.run();
  EXPECT_EQ(rollout.next_share(), "100%");
  EXPECT_EQ(rollout.stable(), 4);
  EXPECT_EQ(rollout.last.wait.next, "promote the new release");
  rollout.say("errors", Finding::running);
  EXPECT_EQ(rollout.run().outcome, Outcome::promoted);
}

TEST_F(BlueGreen, WhatNobodyMeasuredIsAskedForOnceAndNotAgainAfterTheSwitch) {
  auto rollout =
      world(R"({"switch_steps": [{"weight": "50%", "analyses": ["errors"]}], "analyses": ["errors", "latency"]})");
  rollout.run(seconds(30));
  rollout.say("errors", Finding::passed);
  rollout.settle();
  rollout.measure_nothing("errors");
  EXPECT_EQ(rollout.run().outcome, Outcome::promoted) << "the step has measured it";
  auto other = world(R"({"switch_steps": [{"weight": "50%"}], "analyses": ["errors"]})");
  other.measure_nothing("errors");
  other.run(seconds(30));
  EXPECT_EQ(other.next_share(), "50%");
  other.ask(Command::promote);
  EXPECT_EQ(other.run().outcome, Outcome::promoted) << "a person has said so";
}

TEST_F(BlueGreen, WhatComparesCanNotWatchASwitchAtOnce) {
  strategy::ValidateRequest request{.settings = {R"({"analyses": ["errors"]})"}};
  request.analyses = request.comparing = {"errors"};
  const auto reply = host.call<strategy::Interface, strategy::Validate>(request);
  ASSERT_TRUE(reply.ok());
  ASSERT_EQ(reply->problems.size(), 1U);
  EXPECT_EQ(reply->problems[0].path, "/analyses");
  EXPECT_THAT(reply->problems[0].message,
              testing::HasSubstr("without switch_steps below 100% only one of them has traffic"));
  request.settings = {R"({"analyses": ["errors"], "switch_steps": [{"weight": "50%"}]})"};
  EXPECT_TRUE((host.call<strategy::Interface, strategy::Validate>(request)->problems.empty()));
}

TEST_F(BlueGreen, BlueStaysWholeUntilTheVerificationHasPassed) {
  auto rollout = world(R"({"verify": ["errors"]})");
  rollout.run(seconds(30));
  EXPECT_EQ(rollout.next_share(), "100%");
  EXPECT_EQ(rollout.stable(), 4);
  EXPECT_EQ(rollout.last.wait.next, "promote the new release");
  rollout.say("errors", Finding::passed);
  EXPECT_EQ(rollout.settle().outcome, Outcome::promoted);
}

TEST_F(BlueGreen, WhatPassedInTheBackgroundIsVerifiedAfresh) {
  auto rollout =
      world(R"({"analyses": ["errors"], "switch_steps": [{"weight": "10%", "pause": "1m"}], "verify": ["errors"]})");
  rollout.run(seconds(30));
  rollout.say("errors", Finding::passed);
  rollout.settle();
  rollout.say("errors", Finding::running);
  rollout.now = rollout.now + seconds(60);
  rollout.settle();
  EXPECT_EQ(rollout.last.wait.what, "the analysis errors to pass");
  ASSERT_EQ(rollout.last.analyses.size(), 1U);
  EXPECT_EQ(rollout.last.analyses[0].run, "verify");
}

TEST_F(BlueGreen, AnApprovalIsAskedAfterTheSmokeTest) {
  auto rollout = world(R"({"smoke": "smoke", "approval": {"message": "Looks good?"}, "progress_deadline": "60s"})");
  rollout.say("smoke", Finding::passed);
  rollout.run(seconds(30));
  EXPECT_EQ(rollout.last.wait.kind, WaitKind::approval);
  EXPECT_EQ(rollout.last.wait.what, "a person's approval: Looks good?");
  ASSERT_EQ(rollout.last.gates.size(), 1U);
  rollout.advance(seconds(3600));
  rollout.ask(Command::promote);
  EXPECT_EQ(rollout.run().outcome, Outcome::promoted);
}

TEST_F(BlueGreen, APromoteWhileReplicasAreLostIsForTheApproval) {
  auto rollout = world(R"({"approval": {"message": "Looks good?"}})");
  rollout.run(seconds(30));
  EXPECT_EQ(rollout.last.wait.kind, WaitKind::approval);
  rollout.break_replicas(1);
  rollout.ask(Command::promote);
  rollout.settle();
  EXPECT_EQ(rollout.last.wait.kind, WaitKind::replicas);
  rollout.make_ready(1);
  EXPECT_EQ(rollout.run().outcome, Outcome::promoted);
}

TEST_F(BlueGreen, PromoteFullyLeavesTestsAndShiftsOutButNotReadiness) {
  auto rollout =
      world(R"({"smoke": "smoke", "switch_steps": [{"weight": "10%", "pause": "1h"}], "verify": ["errors"]})",
            {.start_time = std::nullopt});
  rollout.settle();
  rollout.ask(Command::promote_fully);
  rollout.settle();
  EXPECT_EQ(rollout.next_share(), "0%");
  EXPECT_TRUE(rollout.last.analyses.empty());
  rollout.make_ready(4);
  EXPECT_EQ(rollout.settle().outcome, Outcome::promoted);
}

TEST_F(BlueGreen, AFirstReleaseGetsAllTrafficWhenItIsWhole) {
  auto rollout = world(R"({"smoke": "smoke", "verify": ["errors"]})", {.has_stable = false});
  EXPECT_EQ(rollout.run().outcome, Outcome::promoted);
  EXPECT_EQ(rollout.last.groups, (std::vector<strategy::Group>{{"next", 4, kAllTraffic}}));
}

TEST_F(BlueGreen, FailsWhenGreenDoesNotBecomeReadyInTime) {
  auto rollout = world(R"({"progress_deadline": "60s"})", {.start_time = std::nullopt});
  rollout.set_problem("replica 2: readiness: connection refused");
  rollout.settle();
  EXPECT_EQ(rollout.advance(seconds(60)).outcome, Outcome::failed);
  EXPECT_EQ(rollout.last.reason,
            "no progress for 1m while it waited for 0 of 4 new replicas to be available (replica 2: readiness: "
            "connection refused)");
}

TEST_F(BlueGreen, FaultsAreAllReportedWithTheirPaths) {
  strategy::ValidateRequest request{
      .settings = {
          R"({"smoke": "smoke", "switch_steps": [{"weight": "50%"}, {"weight": "12.5%", "analyses": ["x"]}]})"}};
  request.capabilities = {.weight_granularity = 10'000, .max_groups = 1};
  const auto reply = host.call<strategy::Interface, strategy::Validate>(request);
  ASSERT_TRUE(reply.ok());
  std::vector<std::string> lines;
  for (const auto& p : reply->problems) lines.push_back(p.path + ": " + p.message);
  EXPECT_EQ(lines, (std::vector<std::string>{
                       "/switch_steps/1/analyses: is no analysis here; there are none",
                       "/switch_steps/1/weight: want more than the weight before, which is 50%",
                       "/switch_steps/1/weight: the provider's weights are multiples of 1%",
                       "/smoke: is no analysis here; there are none",
                       "/: the provider runs only 1 group of an application at once, blue-green needs 2"}));
}

TEST_F(BlueGreen, ThePackagesSchemaIsThatOfTheSettings) {
  EXPECT_EQ(test::config_in(MANIFEST), schema_of_defaults<Settings>()) << schema_of_defaults<Settings>().dump(2);
}

}  // namespace
}  // namespace slipway::blue_green
