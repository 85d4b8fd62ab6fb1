// The policies about verdicts that are neither pass nor fail, from the analyzer's answer to the rollout's end.
#include "tests/simulation/shipped.hpp"

namespace slipway::sim {
namespace {

using testing::HasSubstr;

struct Unclear {
  std::string name;
  analyzer::Verdict verdict;
  rollout::Policy rollout::AnalysisSpec::*policy;
};

class Policies : public Shipped, public testing::WithParamInterface<Unclear> {
 protected:
  std::string begin(rollout::Policy policy) {
    prepare("canary", {{"steps", {{{"weight", "50%"}}, {{"analysis", "errors"}}}}},
            [&](auto& spec) { spec.analyses[0].*GetParam().policy = policy; });
    return judge();
  }
  std::string watch(rollout::Policy policy, Duration period = seconds(10)) {
    prepare("rolling", Json::object(), [&](auto& spec) {
      spec.analyses[0].*GetParam().policy = policy;
      spec.verification.period = period;
    });
    return judge();
  }
  std::string judge() {
    world.plugins["analyzers.threshold"] = [this](std::string_view, std::uint32_t, const std::string&) {
      return Result<std::string>(encode_text(
          analyzer::JudgeReply{.state = {"1"},
                               .verdict = says,
                               .reason = says == analyzer::Verdict::fail ? "half of them fail" : "who knows"}));
    };
    return deploy();
  }
  // The policy lets it pass; what is measured later goes back all the same, and the journal has each verdict once.
  void expect_a_later_failure_goes_back(const std::string& strategy, const Json& settings) {
    prepare(strategy, settings, [&](auto& spec) { spec.analyses[0].*GetParam().policy = rollout::Policy::promote; });
    const std::string id = judge();
    const auto at_half = [&] { return world.provider.weight_of("shop", "1.1") == 500'000U; };
    ASSERT_TRUE(world.until(at_half)) << text_of(id);
    world.run_for(seconds(5));
    ASSERT_EQ(world.get(id)->analyses.at(0).finding, strategy::Finding::passed) << text_of(id);
    says = analyzer::Verdict::fail;
    ASSERT_TRUE(world.until_state(id, State::rolled_back)) << text_of(id);
    EXPECT_THAT(world.get(id)->why.reason, HasSubstr("half of them fail"));
    expect_only("1.0", "1.1");
    std::vector<std::string> verdicts;
    for (const auto& entry : world.journal(id)) {
      if (entry.kind == "verdict") verdicts.push_back(entry.reason);
    }
    EXPECT_THAT(verdicts, testing::ElementsAre(HasSubstr(std::string(to_name(GetParam().verdict))), HasSubstr("fail")));
  }
  analyzer::Verdict says = GetParam().verdict;
};

TEST_P(Policies, PromoteLetsACanaryGoOnAndLooksAllTheSame) {
  expect_a_later_failure_goes_back("canary", {{"analyses", "errors"},
                                              {"steps",
                                               {{{"weight", "10%"}},
                                                {{"pause", {{"duration", "20s"}}}},
                                                {{"weight", "50%"}},
                                                {{"pause", {{"duration", "60s"}}}}}}});
}

TEST_P(Policies, PromoteLetsABlueGreenSwitchGoOnAndLooksAllTheSame) {
  expect_a_later_failure_goes_back(
      "blue-green", {{"analyses", "errors"},
                     {"switch_steps", {{{"weight", "10%"}, {"pause", "20s"}}, {{"weight", "50%"}, {"pause", "60s"}}}}});
}

TEST_P(Policies, PromoteLetsARollingUpdateGoOnAndLooksAllTheSame) {
  expect_a_later_failure_goes_back(
      "rolling", {{"analyses", "errors"}, {"max_unavailable", 0}, {"max_surge", 1}, {"min_ready", "20s"}});
}

// Two analyses of a step that have data in turns would never have passed at once.
TEST_P(Policies, WhatPassedByAPolicyStaysSoWhileNothingIsDecided) {
  prepare("canary", {{"analyses", "errors"}, {"steps", {{{"weight", "50%"}}, {{"pause", {{"duration", "60s"}}}}}}},
          [&](auto& spec) { spec.analyses[0].*GetParam().policy = rollout::Policy::promote; });
  const std::string id = judge();
  const auto finding = [&] { return world.get(id)->analyses.at(0).finding; };
  ASSERT_TRUE(world.until([&] { return world.provider.weight_of("shop", "1.1") == 500'000U; })) << text_of(id);
  world.run_for(seconds(5));
  ASSERT_EQ(finding(), strategy::Finding::passed) << text_of(id);
  says = analyzer::Verdict::proceed;
  world.run_for(seconds(5));
  EXPECT_EQ(world.get(id)->analyses.at(0).verdict, analyzer::Verdict::proceed);
  EXPECT_EQ(finding(), strategy::Finding::passed) << text_of(id);
  says = analyzer::Verdict::fail;
  ASSERT_TRUE(world.until_state(id, State::rolled_back)) << text_of(id);
}

TEST_P(Policies, InTheWatchPromoteLooksAllTheSame) {
  const std::string id = watch(rollout::Policy::promote, seconds(60));
  ASSERT_TRUE(world.until_state(id, State::verifying)) << text_of(id);
  world.run_for(seconds(10));
  says = analyzer::Verdict::fail;
  ASSERT_TRUE(world.until_state(id, State::rolled_back)) << text_of(id);
  expect_only("1.0", "1.1");
}

TEST_P(Policies, PromoteTakesItForAPass) {
  const std::string id = begin(rollout::Policy::promote);
  ASSERT_TRUE(world.until_state(id, State::succeeded)) << text_of(id);
  expect_only("1.1", "1.0");
}

TEST_P(Policies, RollbackTakesItForAFailure) {
  const std::string id = begin(rollout::Policy::rollback);
  ASSERT_TRUE(world.until_state(id, State::rolled_back)) << text_of(id);
  EXPECT_THAT(world.get(id)->why.reason, HasSubstr("who knows"));
  expect_only("1.0", "1.1");
}

TEST_P(Policies, HoldWaitsForAPersonAtTheWeightThatItHas) {
  const std::string id = begin(rollout::Policy::hold);
  world.run_for(seconds(60));
  EXPECT_EQ(world.state_of(id), State::progressing) << text_of(id);
  EXPECT_EQ(world.provider.weight_of("shop", "1.1"), 500'000U);
  EXPECT_THAT(world.get(id)->why.waits_for, HasSubstr("errors is held: who knows"));
}

TEST_P(Policies, InTheWatchPromoteTakesItForAPass) {
  const std::string id = watch(rollout::Policy::promote);
  ASSERT_TRUE(world.until_state(id, State::succeeded)) << text_of(id);
}

TEST_P(Policies, InTheWatchRollbackGoesBack) {
  const std::string id = watch(rollout::Policy::rollback);
  ASSERT_TRUE(world.until_state(id, State::rolled_back)) << text_of(id);
  expect_only("1.0", "1.1");
}

TEST_P(Policies, InTheWatchHoldWaitsForAPersonWhoseWordEndsIt) {
  const std::string id = watch(rollout::Policy::hold);
  world.run_for(seconds(60));
  EXPECT_EQ(world.state_of(id), State::verifying) << text_of(id);
  EXPECT_THAT(world.get(id)->why.waits_for, HasSubstr("a person, for the analysis errors is held: who knows"));
  ASSERT_TRUE(world.act(id, rollout::Action::promote).ok());
  ASSERT_TRUE(world.until_state(id, State::succeeded)) << text_of(id);
  expect_only("1.1", "1.0");
}

INSTANTIATE_TEST_SUITE_P(OfEachUnclearVerdict, Policies,
                         testing::Values(Unclear{"inconclusive", analyzer::Verdict::inconclusive,
                                                 &rollout::AnalysisSpec::on_inconclusive},
                                         Unclear{"insufficient_data", analyzer::Verdict::insufficient_data,
                                                 &rollout::AnalysisSpec::on_insufficient_data},
                                         Unclear{"error", analyzer::Verdict::error, &rollout::AnalysisSpec::on_error}),
                         [](const auto& unclear) { return unclear.param.name; });

}  // namespace
}  // namespace slipway::sim
