#include <gtest/gtest.h>

#include "plugins/strategies/canary/settings.hpp"
#include "tests/support/manifest_config.hpp"
#include "tests/support/page_table.hpp"
#include "tests/support/strategy_world.hpp"

namespace slipway::canary {
namespace {

using strategy::Command;
using strategy::Finding;
using strategy::Outcome;
using strategy::WaitKind;

class Canary : public ::testing::Test {
 protected:
  Canary() { EXPECT_TRUE(host.run().ok()); }
  test::StrategyWorld world(const char* settings, test::StrategyWorld::Options options = {}) {
    return {host, Json::parse(settings), options};
  }

  test::Library library{PLUGIN};
  test::FakeHost host{library.table()};
};

constexpr const char* kDemo = R"({"steps": [
  {"weight": "5%"}, {"analysis": "traffic"}, {"weight": "25%"}, {"analysis": "traffic"},
  {"weight": "50%"}, {"analysis": "traffic"}, {"weight": "100%"}]})";

TEST_F(Canary, TheWeightStaysUntilTheReplicasThatCarryItAreAvailable) {
  auto rollout = world(R"({"steps": [{"weight": 50}], "min_ready": "5s"})", {.start_time = std::nullopt});
  rollout.settle();
  EXPECT_EQ(rollout.next(), 2);
  EXPECT_EQ(rollout.next_share(), "0%");
  EXPECT_EQ(rollout.last.wait.what, "0 of 2 new replicas to be available");
  EXPECT_EQ(rollout.last.wait.next, "set the weight to 50%");
  rollout.make_ready(1);
  rollout.advance(seconds(6));
  EXPECT_EQ(rollout.next_share(), "0%") << "one of two is not enough";
  rollout.make_ready(1);
  rollout.advance(seconds(5));
  EXPECT_EQ(rollout.weight("stable") + rollout.weight("next"), kAllTraffic);
  EXPECT_EQ(rollout.next(), 4) << "50% is reached and is no pause: all replicas for 100% come up";
  EXPECT_EQ(rollout.next_share(), "50%");
}

TEST_F(Canary, ReplicasAreTheWeightsShareRoundedUpAndAtLeastOne) {
  struct Row {
    const char* weight;
    std::int32_t all, canary;
  };
  for (const Row& row : {Row{"5%", 4, 1}, Row{"25%", 4, 1}, Row{"26%", 4, 2}, Row{"0.01%", 10, 1}, Row{"0%", 4, 1},
                         Row{"34%", 3, 2}, Row{"99%", 100, 99}}) {
    auto rollout = world((std::string(R"({"steps": [{"weight": ")") + row.weight + R"("}, {"pause": {}}]})").c_str(),
                         {.replicas = row.all});
    rollout.run(seconds(10));
    EXPECT_EQ(rollout.next(), row.canary) << row.weight << " of " << row.all;
    EXPECT_EQ(rollout.stable(), row.all);
    EXPECT_EQ(rollout.next_share(), row.weight);
  }
}

TEST_F(Canary, AnalysisStepsRunAfreshAtEachWeightAndTheLastPromotes) {
  auto rollout = world(kDemo);
  std::vector<std::string> runs;
  for (const char* share : {"5%", "25%", "50%"}) {
    rollout.say("traffic", Finding::running, "2 of 4 measurements");
    rollout.run(seconds(60));
    EXPECT_EQ(rollout.next_share(), share);
    EXPECT_EQ(rollout.last.wait.what, "the analysis traffic to pass (2 of 4 measurements)");
    ASSERT_EQ(rollout.last.analyses.size(), 1U);
    runs.push_back(rollout.last.analyses[0].run);
    rollout.say("traffic", Finding::passed);
    rollout.step();
  }
  EXPECT_EQ(runs, (std::vector<std::string>{"1", "3", "5"}));
  EXPECT_EQ(rollout.run().outcome, Outcome::promoted);
  EXPECT_EQ(rollout.last.groups, (std::vector<strategy::Group>{{"stable", 4, 0}, {"next", 4, kAllTraffic}}));
  EXPECT_EQ(rollout.last.keep_stable, seconds(30));
}

TEST_F(Canary, AFindingOfAnEarlierRunDoesNotPassALaterStep) {
  strategy::StepRequest request{
      .settings = {kDemo}, .state = {R"({"step":3,"version":1,"weight":250000})"}, .now = {1'000}};
  request.observation.replicas = 4;
  request.observation.converged = true;
  request.observation.groups = {{.role = "stable", .replicas = 4, .ready = 4, .weight = 750'000},
                                {.role = "next", .replicas = 1, .ready = 1, .weight = 250'000}};
  request.observation.analyses = {{"traffic", Finding::passed, "", {}, "1"}};
  auto reply = host.call<strategy::Interface, strategy::Step>(request);
  ASSERT_TRUE(reply.ok()) << to_string(reply.status());
  EXPECT_EQ(reply->step, 3);
  request.observation.analyses[0].run = "3";
  reply = host.call<strategy::Interface, strategy::Step>(request);
  EXPECT_EQ(reply->step, 4);
}

TEST_F(Canary, AFailedAnalysisEndsItWithTheAnalysisSentence) {
  auto rollout = world(kDemo);
  rollout.say("traffic", Finding::failed, "error_ratio 0.198 of 512 requests is not < 0.05 (failure 1 of at most 0)");
  EXPECT_EQ(rollout.run().outcome, Outcome::failed);
  EXPECT_EQ(rollout.last.reason,
            "the analysis traffic failed: error_ratio 0.198 of 512 requests is not < 0.05 (failure 1 of at most 0)");
}

// What a canary does whose analyses found this: it is at "20%" once it has gone on.
std::string way_of(const test::StrategyWorld& rollout) {
  if (rollout.last.outcome == Outcome::failed) return "goes back";
  return rollout.next_share() == "20%" ? "goes on" : "waits";
}

TEST_F(Canary, FindingsBecomeItsWayAsThePageSaysAndTheWorstOfTwoDecides) {
  constexpr const char* kStep =
      R"({"steps": [{"weight": "10%"}, {"analysis": ["a", "b"]}, {"weight": "20%"}, {"pause": {}}]})";
  constexpr const char* kBackground =
      R"({"steps": [{"weight": "10%"}, {"pause": {"duration": "1s"}}, {"weight": "20%"}, {"pause": {}}], "analyses": ["a", "b"]})";
  // From the best to the worst.
  const auto rows = test::table_in("docs/reference/verdicts.md", "Findings become the rollout's way");
  ASSERT_EQ(rows.size(), 4U);
  for (std::size_t a = 0; a < rows.size(); ++a) {
    for (std::size_t b = 0; b < rows.size(); ++b) {
      const auto& worse = rows[std::max(a, b)];
      for (const auto& [column, settings] :
           {std::pair("of an analysis step", kStep), std::pair("in the background", kBackground)}) {
        auto rollout = world(settings);
        rollout.say("a", *enum_from<Finding>(rows[a].at("finding")), "because");
        rollout.say("b", *enum_from<Finding>(rows[b].at("finding")), "because");
        rollout.run(seconds(60));
        EXPECT_EQ(way_of(rollout), worse.at(column)) << rows[a].at("finding") << ", " << rows[b].at("finding");
      }
    }
  }
}

TEST_F(Canary, AHeldAnalysisWaitsForAPersonWhoMayPromotePastIt) {
  auto rollout = world(kDemo);
  rollout.say("traffic", Finding::held, "3 of 30 requests");
  rollout.run();
  EXPECT_EQ(rollout.last.wait.kind, WaitKind::analysis);
  EXPECT_EQ(rollout.last.wait.what, "a person, for the analysis traffic is held: 3 of 30 requests");
  EXPECT_EQ(rollout.last.wait.next, "set the weight to 25%");
  rollout.ask(Command::promote);
  rollout.run();
  EXPECT_EQ(rollout.next_share(), "25%");
}

TEST_F(Canary, BackgroundAnalysesRunAtEveryStepAndEndItWhenTheyFail) {
  auto rollout = world(R"({"steps": [{"weight": "10%"}, {"pause": {"duration": "10m"}}], "analyses": ["errors"]})");
  rollout.advance(seconds(1));
  ASSERT_EQ(rollout.last.analyses.size(), 1U);
  EXPECT_EQ(rollout.last.analyses[0].run, "");
  rollout.say("errors", Finding::failed, "too many");
  EXPECT_EQ(rollout.settle().outcome, Outcome::failed);
}

TEST_F(Canary, AllTrafficWaitsForTheFirstMeasurementInTheBackground) {
  auto rollout = world(R"({"linear": {"step": "40%", "interval": "10s"}, "analyses": ["errors"]})");
  rollout.measure_nothing("errors");
  rollout.run();
  EXPECT_EQ(rollout.next_share(), "80%");
  EXPECT_EQ(rollout.last.wait.kind, WaitKind::analysis);
  EXPECT_EQ(rollout.last.wait.what, "the first measurement of the analysis errors, or a person who promotes");
  EXPECT_EQ(rollout.last.wait.next, "set the weight to 100%");
  rollout.say("errors", Finding::running);
  EXPECT_EQ(rollout.run().outcome, Outcome::promoted);
}

TEST_F(Canary, APersonMayPromoteWhatWasNotMeasured) {
  auto rollout = world(R"({"steps": [{"weight": "10%"}, {"pause": {"duration": "10m"}}], "analyses": ["errors"]})");
  rollout.measure_nothing("errors");
  rollout.run();
  EXPECT_EQ(rollout.next_share(), "10%");
  rollout.ask(Command::promote);
  EXPECT_EQ(rollout.run().outcome, Outcome::promoted);
}

TEST_F(Canary, WhatGetsAllTrafficAtOnceIsPromotedOnlyWhenItWasMeasured) {
  for (const char* steps :
       {R"([{"weight": "100%"}])", R"([{"weight": 0}, {"pause": {"duration": "10s"}}, {"weight": "100%"}])",
        R"([{"approval": {}}])",
        R"([{"weight": "10%"}, {"weight": 0}, {"weight": "100%"}, {"pause": {"duration": "10s"}}])"}) {
    SCOPED_TRACE(steps);
    const std::string settings = R"({"analyses": ["errors"], "steps": )" + std::string(steps) + "}";
    auto rollout = world(settings.c_str());
    rollout.open("approval");
    rollout.measure_nothing("errors");
    rollout.run();
    EXPECT_EQ(rollout.last.outcome, Outcome::progressing);
    EXPECT_EQ(rollout.next_share(), "100%");
    EXPECT_EQ(rollout.stable(), 4) << "the way back is open";
    EXPECT_EQ(rollout.last.wait.what, "the first measurement of the analysis errors, or a person who promotes");
    EXPECT_EQ(rollout.last.wait.next, "promote the new release");
    auto told = rollout;
    told.ask(Command::promote);
    EXPECT_EQ(told.run().outcome, Outcome::promoted) << "a person has said so";
    rollout.say("errors", Finding::running);
    EXPECT_EQ(rollout.run().outcome, Outcome::promoted);
  }
}

TEST_F(Canary, ACanaryThatHasRequestsByHeaderOnlyIsMeasuredBeforeItHasAllTraffic) {
  auto rollout =
      world(R"({"steps": [{"route": {"header": "a", "value": "b"}}, {"weight": "100%"}], "analyses": ["errors"]})");
  rollout.measure_nothing("errors");
  rollout.run();
  EXPECT_EQ(rollout.next_share(), "0%");
  EXPECT_EQ(rollout.last.wait.what, "the first measurement of the analysis errors, or a person who promotes");
  EXPECT_EQ(rollout.last.wait.next, "set the weight to 100%");
  rollout.say("errors", Finding::running);
  EXPECT_EQ(rollout.run().outcome, Outcome::promoted);
}

TEST_F(Canary, WhatNobodyMeasuredIsAskedForOnceAndNotAgainBeforeThePromotion) {
  auto rollout = world(
      R"({"steps": [{"weight": "10%"}, {"weight": "100%"}, {"pause": {"duration": "10s"}}], "analyses": ["errors"]})");
  rollout.measure_nothing("errors");
  rollout.run();
  EXPECT_EQ(rollout.next_share(), "10%");
  rollout.ask(Command::promote);
  EXPECT_EQ(rollout.run().outcome, Outcome::promoted);
}

TEST_F(Canary, AnAnalysisThatTheStepRunsItselfDoesNotRunInTheBackgroundToo) {
  auto rollout =
      world(R"({"steps": [{"weight": "10%"}, {"analysis": ["errors"]}], "analyses": ["errors", "latency"]})");
  rollout.advance(seconds(1));
  ASSERT_EQ(rollout.last.analyses.size(), 2U);
  EXPECT_EQ(rollout.last.analyses[0].name + rollout.last.analyses[0].run, "latency");
  EXPECT_EQ(rollout.last.analyses[1].name + rollout.last.analyses[1].run, "errors1");
}

TEST_F(Canary, APauseLastsFromTheMomentThatItsWeightIsInEffect) {
  auto rollout = world(R"({"steps": [{"weight": "10%"}, {"pause": {"duration": "5m"}}]})");
  rollout.advance(seconds(1));
  EXPECT_EQ(rollout.last.wait.until, rollout.now + seconds(300));
  EXPECT_EQ(rollout.last.wait.what, "the pause of 5m to end");
  EXPECT_EQ(rollout.last.wait.next, "set the weight to 100%");
  rollout.advance(milliseconds(299'999));
  EXPECT_EQ(rollout.last.step, 1);
  rollout.advance(milliseconds(1));
  EXPECT_EQ(rollout.last.step, 2);
}

TEST_F(Canary, APauseWithoutDurationEndsWithAPromoteOfOneStep) {
  auto rollout = world(
      R"({"steps": [{"weight": "10%"}, {"pause": {}}, {"weight": "20%"}, {"pause": {}}], "progress_deadline": "60s"})");
  rollout.run();
  EXPECT_EQ(rollout.last.wait.kind, WaitKind::approval);
  rollout.advance(seconds(3600));
  rollout.ask(Command::promote);
  rollout.run();
  EXPECT_EQ(rollout.next_share(), "20%");
  EXPECT_EQ(rollout.last.step, 3);
}

TEST_F(Canary, APromoteWhileReplicasAreLostIsForThePauseAndForNoOther) {
  auto rollout = world(R"({"steps": [{"weight": "10%"}, {"pause": {}}, {"weight": "20%"}, {"pause": {}}]})");
  rollout.run();
  rollout.break_replicas(1);
  rollout.ask(Command::promote);
  rollout.settle();
  EXPECT_EQ(rollout.last.step, 1);
  EXPECT_EQ(rollout.last.wait.kind, WaitKind::replicas);
  rollout.make_ready(1);
  rollout.run();
  EXPECT_EQ(rollout.last.step, 3);
  EXPECT_EQ(rollout.last.wait.what, "somebody to promote");
}

TEST_F(Canary, APromoteBeforeAPauseIsNotForThePause) {
  auto rollout = world(R"({"steps": [{"weight": "10%"}, {"pause": {}}], "progress_deadline": "60s"})",
                       {.start_time = std::nullopt});
  rollout.settle();
  rollout.ask(Command::promote);
  rollout.settle();
  rollout.make_ready(1);
  rollout.run();
  EXPECT_EQ(rollout.last.step, 1);
  EXPECT_EQ(rollout.last.wait.what, "somebody to promote");
}

TEST_F(Canary, PromoteFullyGoesToAllTrafficOverReadyReplicasOnly) {
  auto rollout = world(R"({"steps": [{"weight": "10%"}, {"pause": {}}, {"weight": "20%"}, {"pause": {}}]})",
                       {.start_time = std::nullopt});
  rollout.settle();
  rollout.make_ready(1);
  rollout.settle();
  rollout.ask(Command::promote_fully);
  rollout.settle();
  EXPECT_EQ(rollout.next(), 4);
  EXPECT_EQ(rollout.next_share(), "10%");
  EXPECT_TRUE(rollout.last.analyses.empty());
  rollout.make_ready(3);
  EXPECT_EQ(rollout.settle().outcome, Outcome::promoted);
}

TEST_F(Canary, SkipLeavesTheCurrentStep) {
  auto rollout =
      world(R"({"steps": [{"weight": "10%"}, {"pause": {"duration": "1h"}}, {"weight": "20%"}, {"pause": {}}]})");
  rollout.advance(seconds(1));
  rollout.ask(Command::skip);
  rollout.settle();
  EXPECT_EQ(rollout.last.step, 3);
}

TEST_F(Canary, ScaleStepsSetTheReplicasApartFromTheWeight) {
  auto rollout = world(R"({"steps": [{"scale": {"replicas": 3}}, {"pause": {}}, {"weight": "10%"}, {"pause": {}},
                                     {"scale": {"percent": 60}}, {"pause": {}}, {"scale": {"match_weight": true}}, {"pause": {}}]})");
  for (const std::int32_t replicas : {3, 3, 3, 1}) {
    rollout.run(seconds(60));
    EXPECT_EQ(rollout.next(), replicas) << rollout.last.reason;
    rollout.ask(Command::promote);
  }
  EXPECT_EQ(rollout.run().outcome, Outcome::promoted);
  EXPECT_EQ(rollout.next(), 4);
}

TEST_F(Canary, ReplicasOfAHigherWeightStayUntilTheTrafficHasFallen) {
  auto rollout = world(R"({"steps": [{"weight": "75%"}, {"pause": {}}, {"weight": "25%"}, {"pause": {}}]})");
  rollout.run(seconds(60));
  EXPECT_EQ(rollout.next(), 3);
  rollout.hold_traffic();
  rollout.ask(Command::promote);
  rollout.settle();
  EXPECT_EQ(rollout.next_share(), "25%");
  EXPECT_EQ(rollout.next(), 3);
  EXPECT_EQ(rollout.last.wait.what, "25% of the traffic to be on the canary");
  rollout.release_traffic();
  rollout.settle();
  EXPECT_EQ(rollout.next(), 1);
}

TEST_F(Canary, RoutesAndMirrorsWaitForAReplicaAndEndWithAllTraffic) {
  auto rollout = world(
      R"({"steps": [{"route": {"header": "X-Canary", "value": "yes"}}, {"mirror": {"share": "10%", "max_in_flight": 8}}, {"pause": {}},
                                     {"mirror": {"share": 0}}, {"pause": {}}]})",
      {.start_time = std::nullopt});
  rollout.settle();
  EXPECT_TRUE(rollout.last.routes.empty());
  rollout.make_ready(1);
  rollout.settle();
  ASSERT_EQ(rollout.last.routes.size(), 1U);
  EXPECT_EQ(rollout.last.routes[0].role, "next");
  ASSERT_TRUE(rollout.last.mirror);
  EXPECT_EQ(rollout.last.mirror->share, 100'000U);
  EXPECT_EQ(rollout.last.mirror->max_in_flight, 8);
  rollout.ask(Command::promote);
  rollout.settle();
  EXPECT_FALSE(rollout.last.mirror);
  rollout.ask(Command::promote);
  rollout.settle();
  EXPECT_TRUE(rollout.last.routes.empty());
}

TEST_F(Canary, ApprovalAsksAPersonAndAGateAsksTheProfile) {
  auto rollout = world(R"({"steps": [{"approval": {"message": "Is the queue empty?"}}, {"gate": "freeze"}]})");
  rollout.run(seconds(60));
  EXPECT_EQ(rollout.last.wait.kind, WaitKind::approval);
  EXPECT_EQ(rollout.last.wait.what, "a person's approval: Is the queue empty?");
  ASSERT_EQ(rollout.last.gates.size(), 1U);
  EXPECT_EQ(rollout.last.gates[0].name, "approval");
  rollout.open("approval");
  rollout.step();
  rollout.run(seconds(60));
  EXPECT_EQ(rollout.last.wait.what, "the gate freeze to open");
  rollout.open("freeze");
  rollout.step();
  EXPECT_EQ(rollout.run().outcome, Outcome::promoted);
}

TEST_F(Canary, LinearAndExponentialGrowAsWritten) {
  const auto shares = [&](const char* settings) {
    auto rollout = world(settings);
    std::vector<std::string> seen;
    for (int i = 0; i < 500 && rollout.step().outcome == Outcome::progressing; ++i) {
      if (seen.empty() || seen.back() != rollout.next_share()) seen.push_back(rollout.next_share());
      rollout.now = rollout.now + seconds(1);
    }
    return seen;
  };
  EXPECT_EQ(shares(R"({"linear": {"step": "30%", "interval": "5s"}})"),
            (std::vector<std::string>{"0%", "30%", "60%", "90%", "100%"}));
  EXPECT_EQ(shares(R"({"exponential": {"start": "5%", "factor": 3, "interval": "5s"}})"),
            (std::vector<std::string>{"0%", "5%", "15%", "45%", "100%"}));
}

TEST_F(Canary, AutomaticGoesOnAfterEachGoodCheckAndPromotesAtMax) {
  auto rollout = world(
      R"({"automatic": {"step": "20%", "max": "50%", "interval": "10s", "threshold": 2, "analyses": ["errors"]}})");
  rollout.say("errors", Finding::passed);
  rollout.advance(seconds(1));
  EXPECT_EQ(rollout.next_share(), "20%");
  rollout.advance(seconds(9));
  EXPECT_EQ(rollout.next_share(), "20%");
  rollout.advance(seconds(1));
  rollout.advance(seconds(1));
  EXPECT_EQ(rollout.next_share(), "40%");
  EXPECT_EQ(rollout.run().outcome, Outcome::promoted);
}

TEST_F(Canary, AutomaticStaysAtItsWeightForAFailedCheckAndEndsAtTheThreshold) {
  auto rollout = world(R"({"automatic": {"step": "20%", "interval": "10s", "threshold": 3, "analyses": ["errors"]}})");
  rollout.advance(seconds(1));
  rollout.say("errors", Finding::failed);
  rollout.step();
  EXPECT_EQ(rollout.last.wait.what, "the interval of 10s to end (1 check failed so far)");
  EXPECT_EQ(rollout.last.analyses.at(0).run, "1.1");
  rollout.run();
  EXPECT_EQ(rollout.last.outcome, Outcome::failed);
  EXPECT_EQ(rollout.last.reason, "3 checks failed, the last at 20% of the traffic");
}

TEST_F(Canary, FailsWhenItsReplicasDoNotBecomeReadyInTime) {
  auto rollout = world(R"({"steps": [{"weight": "50%"}, {"pause": {}}], "progress_deadline": "60s"})",
                       {.start_time = std::nullopt});
  rollout.settle();
  rollout.now = rollout.now + seconds(30);
  rollout.make_ready(1);
  rollout.settle();
  rollout.advance(milliseconds(59'999));
  EXPECT_EQ(rollout.last.outcome, Outcome::progressing);
  rollout.advance(milliseconds(1));
  EXPECT_EQ(rollout.last.outcome, Outcome::failed);
  EXPECT_EQ(rollout.last.reason, "no progress for 1m while it waited for 1 of 2 new replicas to be available");
}

TEST_F(Canary, WithoutAReadyReplicaItGetsNoTraffic) {
  auto rollout = world(R"({"steps": [{"weight": "10%"}, {"pause": {}}]})");
  rollout.advance(seconds(1));
  EXPECT_EQ(rollout.next_share(), "10%");
  rollout.break_replicas(1);
  rollout.settle();
  EXPECT_EQ(rollout.next_share(), "0%");
  rollout.make_ready(1);
  rollout.settle();
  EXPECT_EQ(rollout.next_share(), "10%");
}

TEST_F(Canary, AFirstReleaseSkipsTheStepsAndGetsAllTrafficWhenAllReplicasAreReady) {
  auto rollout = world(kDemo, {.has_stable = false, .start_time = std::nullopt});
  rollout.settle();
  EXPECT_EQ(rollout.next(), 4);
  rollout.make_ready(3);
  rollout.settle();
  EXPECT_EQ(rollout.next_share(), "0%");
  rollout.make_ready(1);
  EXPECT_EQ(rollout.settle().outcome, Outcome::promoted);
  EXPECT_EQ(rollout.last.groups, (std::vector<strategy::Group>{{"next", 4, kAllTraffic}}));
}

TEST_F(Canary, ThePlanIsTheRolloutInAnIdealWorld) {
  const strategy::PlanRequest request{
      .settings =
          {R"({"steps": [{"weight": "25%"}, {"pause": {"duration": "5m"}}, {"weight": "50%"}, {"approval": {}}]})"},
      .replicas = 4,
      .start_time = seconds(10)};
  const auto plan = host.call<strategy::Interface, strategy::Plan>(request);
  ASSERT_TRUE(plan.ok()) << to_string(plan.status());
  std::vector<std::string> moments;
  for (const auto& m : plan->moments) {
    const auto& next = m.groups.back();
    moments.push_back(to_string(m.at) + " step " + std::to_string(m.step) + ": " + std::to_string(next.replicas) +
                      " at " + share_to_string(next.weight));
  }
  EXPECT_EQ(moments,
            (std::vector<std::string>{"0s step 0: 1 at 0%", "10s step 0: 1 at 25%", "10s step 1: 1 at 25%",
                                      "5m10s step 2: 2 at 25%", "5m20s step 2: 2 at 50%", "5m20s step 3: 2 at 50%",
                                      "5m20s step 4: 4 at 50%", "5m30s step 4: 4 at 100%", "5m30s step 0: 4 at 100%"}));
  EXPECT_EQ(plan->earliest_end, seconds(330));
  EXPECT_TRUE(plan->needs_a_person);
}

TEST_F(Canary, ThePlanAwaitsTheLeastTimeOfEachAnalysis) {
  const strategy::PlanRequest request{
      .settings = {R"({"steps": [{"weight": "25%"}, {"analysis": "errors"}, {"weight": "50%"}, {"analysis": "errors"}],
              "analyses": ["latency"]})"},
      .replicas = 4,
      .start_time = seconds(10),
      .analyses = {{"errors", seconds(30)}, {"latency", seconds(3'600)}}};
  const auto plan = host.call<strategy::Interface, strategy::Plan>(request);
  ASSERT_TRUE(plan.ok()) << to_string(plan.status());
  EXPECT_EQ(plan->earliest_end, seconds(10 + 30 + 10 + 30 + 10)) << "one in the background is not waited for";
  const std::map<std::string, std::int32_t> runs{{"errors", 2}, {"latency", 1}};
  EXPECT_EQ(plan->runs, runs) << "a step's own run begins afresh, one in the background goes on";
}

TEST_F(Canary, ThePackagesSchemaIsThatOfTheSettings) {
  EXPECT_EQ(test::config_in(MANIFEST), schema_of_defaults<Settings>()) << schema_of_defaults<Settings>().dump(2);
}

}  // namespace
}  // namespace slipway::canary
