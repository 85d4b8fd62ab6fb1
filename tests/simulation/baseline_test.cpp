// Canaries with a baseline in whole simulated worlds: however they end, nothing of the baseline is left.
#include "host/rollout/baseline.hpp"

#include <algorithm>

#include "tests/simulation/shipped.hpp"

namespace slipway::sim {
namespace {

using testing::Contains;
using testing::Each;
using testing::HasSubstr;

class Baseline : public Shipped {
 protected:
  Baseline() {
    prepare("canary", {{"baseline", true},
                       {"steps", {{{"weight", "25%"}}, {{"analysis", "errors"}}, {{"pause", Json::object()}}}},
                       {"scale_down_delay", "2s"}});
  }
  // The canary and its baseline have their quarters, and it waits for somebody.
  std::string deploy_until_paused() {
    std::string id = deploy();
    EXPECT_TRUE(world.until([&] { return world.get(id)->why.waits_for == "somebody to promote"; })) << text_of(id);
    EXPECT_EQ(weights(), "stable 500000 next 250000 baseline 250000");
    return id;
  }
  std::string weights() {
    std::string text;
    for (const auto& group : world.provider.desired("acme", "shop")->groups)
      text += (text.empty() ? "" : " ") + group.role + " " + std::to_string(group.weight);
    return text;
  }
  void expect_no_baseline() {
    for (const char* release : {"1.0", "1.1", "1.2"})
      EXPECT_FALSE(world.provider.knows("shop", rollout::baseline_of(release))) << release;
  }
};

TEST_F(Baseline, RunsTheStableReleaseBesideItAndIsGoneAfterThePromotion) {
  const std::string id = deploy_until_paused();
  const auto shown = world.get(id);
  ASSERT_EQ(shown->groups.size(), 3U);
  EXPECT_EQ(shown->groups[2].role + " " + shown->groups[2].release, "baseline 1.0+baseline");
  EXPECT_EQ(shown->groups[2].ready, 1);
  EXPECT_EQ(shown->groups[2].weight, 250'000U);
  const auto* desired = world.provider.desired("acme", "shop");
  EXPECT_EQ(desired->groups[2].release.command, desired->groups[0].release.command);
  (void)world.act(id, rollout::Action::promote);
  ASSERT_TRUE(world.until_state(id, State::verifying)) << text_of(id);
  EXPECT_EQ(world.provider.desired("acme", "shop")->groups.size(), 2U);
  ASSERT_TRUE(world.until_state(id, State::succeeded)) << text_of(id);
  expect_only("1.1", "1.0");
  expect_no_baseline();
  const auto journal = world.journal(id);
  EXPECT_TRUE(std::any_of(journal.begin(), journal.end(), [](const auto& entry) {
    return entry.groups.size() == 3 && entry.groups[2] == strategy::Group{"baseline", 1, 250'000};
  }));
}

TEST_F(Baseline, IsWhatTheSourceIsAskedForAndTheAnalyzerComparesWith) {
  std::vector<std::string> asked;
  world.metrics.on_query = [&](const metrics::QueryRequest& request) {
    for (const auto& group : request.groups) asked.push_back(group.role + " " + group.release);
  };
  (void)deploy_until_paused();
  EXPECT_THAT(asked, Contains("baseline 1.0+baseline"));
  EXPECT_THAT(asked, Each(testing::AnyOf("next 1.1", "baseline 1.0+baseline")));
}

TEST_F(Baseline, IsGoneAfterAFailedAnalysis) {
  world.metrics.error_ratio["1.1"] = 0.2;
  const std::string id = deploy();
  ASSERT_TRUE(world.until_state(id, State::rolled_back)) << text_of(id);
  expect_only("1.0", "1.1");
  expect_no_baseline();
}

TEST_F(Baseline, StaysWhileSomebodyPausesAndIsGoneAfterAnAbort) {
  const std::string id = deploy_until_paused();
  (void)world.act(id, rollout::Action::pause);
  world.run_for(seconds(60));
  EXPECT_EQ(weights(), "stable 500000 next 250000 baseline 250000");
  (void)world.act(id, rollout::Action::abort);
  ASSERT_TRUE(world.until_state(id, State::rolled_back)) << text_of(id);
  expect_only("1.0", "1.1");
  expect_no_baseline();
}

TEST_F(Baseline, IsTakenOverByAHostThatStartsAgain) {
  const std::string id = deploy_until_paused();
  const auto orders = world.provider.orders().size();
  world.crash();
  world.time.after(seconds(3), [] {});
  world.start();
  world.run_for(seconds(5));
  EXPECT_EQ(weights(), "stable 500000 next 250000 baseline 250000");
  EXPECT_EQ(world.provider.orders().size(), orders) << "nothing was decided anew";
  (void)world.act(id, rollout::Action::promote);
  ASSERT_TRUE(world.until_state(id, State::succeeded)) << text_of(id);
  expect_no_baseline();
}

TEST_F(Baseline, IsClearedAwayForARolloutThatReplacesItsOwn) {
  (void)deploy_until_paused();
  (void)world.make_release("shop", "1.2");
  const auto second = world.deploy("shop", "1.2", rollout::Supersede::replace);
  ASSERT_TRUE(second.ok()) << to_string(second.status());
  ASSERT_TRUE(world.until([&] { return world.get(second->id)->why.waits_for == "somebody to promote"; }));
  EXPECT_EQ(weights(), "stable 500000 next 250000 baseline 250000");
  (void)world.act(second->id, rollout::Action::promote);
  ASSERT_TRUE(world.until_state(second->id, State::succeeded)) << text_of(second->id);
  expect_only("1.2", "1.1");
  expect_no_baseline();
}

TEST_F(Baseline, IsThereAgainInASecondAttempt) {
  const std::string id = deploy_until_paused();
  (void)world.act(id, rollout::Action::abort);
  ASSERT_TRUE(world.until_state(id, State::rolled_back));
  (void)world.act(id, rollout::Action::retry);
  ASSERT_TRUE(world.until([&] { return world.get(id)->why.waits_for == "somebody to promote"; })) << text_of(id);
  EXPECT_EQ(weights(), "stable 500000 next 250000 baseline 250000");
  (void)world.act(id, rollout::Action::skip);
  ASSERT_TRUE(world.until_state(id, State::succeeded)) << text_of(id);
  expect_no_baseline();
}

TEST_F(Baseline, IsGoneWhenSomebodyPromotesToTheEnd) {
  const std::string id = deploy_until_paused();
  (void)world.act(id, rollout::Action::promote, {.full = true});
  ASSERT_TRUE(world.until_state(id, State::succeeded)) << text_of(id);
  expect_only("1.1", "1.0");
  expect_no_baseline();
}

TEST_F(Baseline, IsRefusedBeforeTheStartWhereTheProviderHasNoRoom) {
  world.provider.able.max_groups = 2;
  const auto rollout = world.deploy("shop", "1.1");
  ASSERT_FALSE(rollout.ok());
  EXPECT_THAT(to_string(rollout.status()), HasSubstr("/strategy/settings/baseline: the provider runs only 2 groups"));
}

// Weighed against the baseline alone, the two groups have halves.
TEST_F(Baseline, TheShareThatAnAnalyzerIsToldIsOfTheTwoGroups) {
  prepare("canary", {{"baseline", true}, {"steps", {{{"weight", "25%"}}, {{"analysis", "errors"}}}}},
          [](auto& spec) { spec.sticky = provider::Sticky::none; });
  std::vector<std::optional<std::uint32_t>> told;
  world.plugins["analyzers.threshold"] = [&](std::string_view, std::uint32_t method, const std::string& payload) {
    if (method != analyzer::Interface::index_of<analyzer::Judge>())
      return Result<std::string>(encode_text(analyzer::ValidateReply{}));
    told.push_back(value_or_throw(decode_text<analyzer::JudgeRequest>(payload, "the request")).weight);
    const auto verdict = told.size() == 3 ? analyzer::Verdict::pass : analyzer::Verdict::proceed;
    return Result<std::string>(encode_text(analyzer::JudgeReply{.state = {"1"}, .verdict = verdict, .reason = "seen"}));
  };
  ASSERT_TRUE(world.make_release("shop", "1.2").ok());
  const auto rollout = world.deploy("shop", "1.2");
  ASSERT_TRUE(rollout.ok()) << to_string(rollout.status());
  ASSERT_TRUE(world.until_state(rollout->id, State::succeeded));
  ASSERT_EQ(told.size(), 3U);
  EXPECT_EQ(told[2], 500'000U);
}

}  // namespace
}  // namespace slipway::sim
