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
  std::string watch(rollout::Policy policy) {
    prepare("rolling", Json::object(), [&](auto& spec) {
      spec.analyses[0].*GetParam().policy = policy;
      spec.verification.period = seconds(10);
    });
    return judge();
  }
  std::string judge() {
    world.plugins["analyzers.threshold"] = [](std::string_view, std::uint32_t, const std::string&) {
      return Result<std::string>(
          encode_text(analyzer::JudgeReply{.state = {"1"}, .verdict = GetParam().verdict, .reason = "who knows"}));
    };
    return deploy();
  }
};

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
