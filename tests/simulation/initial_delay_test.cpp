// An analysis that is to begin late.
#include "tests/simulation/shipped.hpp"

namespace slipway::sim {
namespace {

constexpr Duration kDelay = seconds(40);

// Whose analyzer fails whatever it is asked about, at once.
class InitialDelay : public Shipped {
 protected:
  std::string deploy_with(const std::string& strategy, const Json& settings) {
    prepare(strategy, settings, [](auto& spec) {
      spec.analyses[0].initial_delay = kDelay;
      spec.analyses[0].interval = seconds(5);
      spec.verification.period = seconds(60);
    });
    world.plugins["analyzers.threshold"] = [this](std::string_view, std::uint32_t method, const std::string& payload) {
      if (method != analyzer::Interface::index_of<analyzer::Judge>())
        return Result<std::string>(encode_text(analyzer::ValidateReply{}));
      if (!judged) judged = value_or_throw(decode_text<analyzer::JudgeRequest>(payload, "the request"));
      return Result<std::string>(
          encode_text(analyzer::JudgeReply{.state = {"1"}, .verdict = analyzer::Verdict::fail, .reason = "too bad"}));
    };
    return deploy();
  }
  // When the analysis of this rollout began, to the second.
  Instant begun(const std::string& id) {
    for (int second = 0; second < 60; ++second) {
      const auto rollout = world.get(id);
      if (rollout.ok() && !rollout->analyses.empty()) return rollout->analyses[0].since;
      world.run_for(seconds(1));
    }
    ADD_FAILURE() << "no analysis begins: " << text_of(id);
    return {};
  }
  void expect_nothing_is_judged_before_it(const std::string& id, State meanwhile) {
    const Instant since = begun(id);
    world.run_for(since + kDelay + seconds(5) - world.now() - milliseconds(500));
    EXPECT_FALSE(judged) << encode_text(*judged);
    EXPECT_EQ(world.state_of(id), meanwhile) << text_of(id);
    ASSERT_TRUE(world.until_state(id, State::rolled_back)) << text_of(id);
    ASSERT_TRUE(judged);
    EXPECT_EQ(judged->window.from, since + kDelay);
    EXPECT_EQ(judged->started, since + kDelay) << "time that nobody measured is no time measured";
    EXPECT_EQ(judged->window.to, since + kDelay + seconds(5));
    EXPECT_GE(judged->now, judged->window.to);
  }
  std::optional<analyzer::JudgeRequest> judged;
};

TEST_F(InitialDelay, NothingIsJudgedBeforeItInAStep) {
  const std::string id = deploy_with("canary", {{"steps", {{{"weight", "50%"}}, {{"analysis", "errors"}}}}});
  expect_nothing_is_judged_before_it(id, State::progressing);
}

TEST_F(InitialDelay, NothingIsJudgedBeforeItInTheWatch) {
  const std::string id = deploy_with("rolling", Json::object());
  expect_nothing_is_judged_before_it(id, State::verifying);
}

}  // namespace
}  // namespace slipway::sim
