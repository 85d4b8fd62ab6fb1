#include "tests/contract/strategy/strategy_contract.hpp"

#include <random>

namespace slipway::test {
namespace {

using strategy::Finding;
using strategy::Outcome;

TEST_P(StrategyContract, AnIdealRolloutEndsPromotedWithAllTrafficOnNext) {
  StrategyWorld world(host(), settings(), {});
  world.say("errors", Finding::passed);
  world.say("smoke", Finding::passed);
  EXPECT_EQ(world.run().outcome, Outcome::promoted);
  EXPECT_EQ(world.next(), 4);
  EXPECT_EQ(world.next_share(), "100%");
}

TEST_P(StrategyContract, AFirstReleaseEndsPromotedWithoutAnyAnalysis) {
  StrategyWorld world(host(), settings(), {.has_stable = false});
  world.say("errors", Finding::passed);
  EXPECT_EQ(world.run().outcome, Outcome::promoted);
  EXPECT_EQ(world.stable(), 0);
}

TEST_P(StrategyContract, AFailedAnalysisEndsItAndTheReasonHasTheAnalysisSentence) {
  StrategyWorld world(host(), settings(), {});
  world.say("smoke", Finding::passed);
  world.say("errors", Finding::failed, "198 of 512 requests failed");
  EXPECT_EQ(world.run().outcome, Outcome::failed);
  EXPECT_EQ(world.last.reason, "the analysis errors failed: 198 of 512 requests failed");
}

TEST_P(StrategyContract, AReleaseThatNeverBecomesReadyFailsAtTheProgressDeadlineWithoutTraffic) {
  StrategyWorld world(host(), settings(), {.start_time = std::nullopt});
  const Instant start = world.now;
  world.settle();
  EXPECT_EQ(world.weight("next"), 0U);
  EXPECT_EQ(world.run().outcome, Outcome::failed);
  EXPECT_EQ(world.now, start + seconds(60));
}

TEST_P(StrategyContract, TheSameQuestionHasTheSameAnswer) {
  StrategyWorld world(host(), settings(), {});
  world.settle();
  const strategy::StepRequest request{{GetParam().settings}, world.state(), world.observation(), world.now, true};
  const auto first = ask<strategy::Step>(request);
  const auto second = ask<strategy::Step>(request);
  ASSERT_TRUE(first.ok() && second.ok());
  EXPECT_EQ(encode_text(*first), encode_text(*second));
}

TEST_P(StrategyContract, AnAnswerAppliedAndLookedAtAgainDoesNotChange) {
  StrategyWorld world(host(), settings(), {.start_time = std::nullopt});
  const auto settled = world.settle();
  EXPECT_EQ(encode_text(world.step()), encode_text(settled));
}

// Replicas break and come back, traffic lags, time jumps: StrategyWorld checks the weights with every step.
TEST_P(StrategyContract, NoWeatherMakesTrafficRiseOverReplicasThatAreNotReady) {
  for (std::uint32_t seed = 1; seed <= 20; ++seed) {
    std::mt19937 random(seed);
    StrategyWorld world(host(), settings(), {.replicas = static_cast<std::int32_t>(1 + random() % 7)});
    world.say("errors", Finding::passed);
    world.say("smoke", Finding::passed);
    for (int i = 0; i < 60 && world.step().outcome == Outcome::progressing; ++i) {
      switch (random() % 5) {
        case 0:
          world.break_replicas(1 + random() % 2);
          break;
        case 1:
          world.make_ready(1 + random() % 3);
          break;
        case 2:
          world.hold_traffic();
          break;
        case 3:
          world.release_traffic();
          break;
        default:
          world.now = world.now + milliseconds(std::int64_t(random() % 5'000));
      }
    }
    ASSERT_FALSE(HasFailure()) << "seed " << seed;
  }
}

TEST_P(StrategyContract, TheDefaultsOfAnInstanceHoldUnlessARequestSaysOtherwise) {
  Hosted configured("strategy-" + GetParam().name, settings());
  StrategyWorld world(configured.host(), Json::object(), {.start_time = std::nullopt});
  EXPECT_EQ(world.run().outcome, Outcome::failed) << "its defaults have a progress deadline";
  StrategyWorld longer(configured.host(), {{"progress_deadline", "2h"}}, {.start_time = std::nullopt});
  EXPECT_EQ(longer.run(seconds(3600)).outcome, Outcome::progressing);
}

TEST_P(StrategyContract, AnUnknownSettingIsRefusedAtCreateInValidateAndInStep) {
  const Json misspelt = Json::parse(GetParam().misspelt);
  const std::string path = "/" + misspelt.items().begin().key();
  EXPECT_THROW(Hosted("strategy-" + GetParam().name, misspelt), Error);
  const auto validated = ask<strategy::Validate>({.settings = json_text(misspelt)});
  ASSERT_TRUE(validated.ok());
  ASSERT_FALSE(validated->problems.empty());
  EXPECT_EQ(validated->problems[0].path, path);
  const auto stepped = ask<strategy::Step>({.settings = json_text(misspelt)});
  EXPECT_EQ(stepped.status().code, Code::invalid_argument);
}

TEST_P(StrategyContract, SettingsThatAreNoObjectAreRefused) {
  for (const Json& rubbish : {Json(3), Json("x"), Json::array({1})}) {
    const auto stepped = ask<strategy::Step>({.settings = json_text(rubbish)});
    EXPECT_EQ(to_string(stepped.status()).substr(0, 17), "INVALID_ARGUMENT:") << rubbish;
  }
}

TEST_P(StrategyContract, AStateOfAnotherVersionIsNotGuessedAt) {
  strategy::StepRequest request{.settings = {GetParam().settings}, .state = {R"({"version":99})"}};
  EXPECT_EQ(ask<strategy::Step>(request).status(),
            Status(Code::failed_precondition, "the state has version 99, this strategy reads version 1 only"));
  request.state = {R"({"version":1,"progress":"soon"})"};
  EXPECT_EQ(ask<strategy::Step>(request).status().code, Code::invalid_argument);
}

TEST_P(StrategyContract, MigrateOfItsOwnVersionChangesNothing) {
  StrategyWorld world(host(), settings(), {});
  world.settle();
  const auto migrated = ask<strategy::Migrate>({world.state(), 1});
  ASSERT_TRUE(migrated.ok()) << to_string(migrated.status());
  EXPECT_EQ(migrated->state, world.state());
}

TEST_P(StrategyContract, ThePlanEndsWithAllTrafficOnNextAndIsInOrder) {
  for (const bool has_stable : {true, false}) {
    const auto plan = ask<strategy::Plan>({.settings = {GetParam().settings}, .replicas = 4, .has_stable = has_stable});
    ASSERT_TRUE(plan.ok()) << to_string(plan.status());
    ASSERT_FALSE(plan->moments.empty());
    for (std::size_t i = 1; i < plan->moments.size(); ++i) EXPECT_LE(plan->moments[i - 1].at, plan->moments[i].at);
    EXPECT_EQ(plan->moments.back().groups.back().weight, kAllTraffic);
    EXPECT_EQ(plan->moments.back().reason, "all traffic is on the new release");
    EXPECT_EQ(plan->earliest_end, plan->moments.back().at);
  }
}

TEST_P(StrategyContract, APlanForManyReplicasIsBounded) {
  const auto plan = ask<strategy::Plan>({.settings = {GetParam().settings}, .replicas = 2'000});
  ASSERT_TRUE(plan.ok()) << to_string(plan.status());
  EXPECT_LE(plan->moments.size(), 2'000U);
}

INSTANTIATE_TEST_SUITE_P(Plugins, StrategyContract, ::testing::ValuesIn(strategy_plugins()), [](const auto& plugin) {
  std::string name = plugin.param.name;
  std::replace(name.begin(), name.end(), '-', '_');
  return name;
});

}  // namespace
}  // namespace slipway::test
