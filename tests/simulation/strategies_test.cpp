// The shipped strategies and the shipped analyzer in simulated worlds, good releases and bad ones, with and without a
// host that is killed on the way.
#include <gmock/gmock.h>

#include <algorithm>

#include "tests/simulation/real_plugin.hpp"
#include "tests/simulation/world.hpp"

namespace slipway::sim {
namespace {

using testing::IsEmpty;

struct Kind {
  std::string strategy;
  Json settings;
};

std::vector<Kind> kinds() {
  const Json canary_steps = {
      {{"weight", "5%"}}, {{"analysis", "errors"}}, {{"weight", "50%"}}, {{"analysis", "errors"}}};
  return {{"canary", {{"steps", canary_steps}, {"scale_down_delay", "2s"}}},
          {"canary", {{"linear", {{"step", "25%"}, {"interval", "2s"}}}, {"analyses", "errors"}}},
          {"blue-green",
           {{"smoke", "errors"},
            {"switch_steps", {{{"weight", "10%"}, {"pause", "1s"}, {"analyses", "errors"}}}},
            {"keep_blue", "3s"}}},
          {"rolling", {{"max_surge", 1}, {"max_unavailable", 0}, {"min_ready", "1s"}, {"analyses", "errors"}}}};
}

class Strategies : public testing::TestWithParam<Kind> {
 protected:
  Strategies()
      : canary(SLIPWAY_CANARY), blue_green(SLIPWAY_BLUE_GREEN), rolling(SLIPWAY_ROLLING), threshold(SLIPWAY_THRESHOLD) {
    use("strategies.canary", canary);
    use("strategies.blue-green", blue_green);
    use("strategies.rolling", rolling);
    use("analyzers.threshold", threshold);
    world.start();
    auto spec = world.shop();
    spec.strategy = {GetParam().strategy, GetParam().settings};
    spec.analyses[0].analyzer = "threshold";
    spec.analyses[0].settings = {{"success", "error_ratio <= 5%"}, {"count", 2}, {"min_requests", 10}};
    world.make_stable(spec, "1.0");
    (void)world.make_release("shop", "1.1");
  }
  void use(const char* binding, RealPlugin& plugin) {
    world.plugins[binding] = [&plugin](std::string_view interface, std::uint32_t method, const std::string& payload) {
      return plugin.call(interface, method, payload);
    };
  }
  std::string deploy() {
    const auto rollout = world.deploy("shop", "1.1");
    EXPECT_TRUE(rollout.ok()) << to_string(rollout.status());
    return rollout.ok() ? rollout->id : "";
  }
  void expect_only(const std::string& release, const std::string& other) {
    world.run_for(seconds(5));
    EXPECT_EQ(world.application("shop")->stable_release, release);
    EXPECT_EQ(world.provider.weight_of("shop", release), kAllTraffic);
    EXPECT_EQ(world.provider.ready_of("shop", release), 4);
    EXPECT_EQ(world.provider.ready_of("shop", other), 0);
    EXPECT_THAT(world.provider.violations(), IsEmpty());
  }
  RealPlugin canary;
  RealPlugin blue_green;
  RealPlugin rolling;
  RealPlugin threshold;
  World world;
};

TEST_P(Strategies, PromoteAGoodRelease) {
  const std::string id = deploy();
  EXPECT_TRUE(world.until_state(id, State::succeeded)) << encode_text(*world.get(id));
  expect_only("1.1", "1.0");
}

TEST_P(Strategies, GoBackFromABadRelease) {
  world.metrics.error_ratio["1.1"] = 0.2;
  const std::string id = deploy();
  EXPECT_TRUE(world.until_state(id, State::rolled_back)) << encode_text(*world.get(id));
  expect_only("1.0", "1.1");
}

TEST_P(Strategies, GoOnAfterAKilledHost) {
  const std::string id = deploy();
  for (int kills = 0; kills < 6 && !rollout::has_ended(world.state_of(id)); ++kills) {
    world.run_for(milliseconds(1'300));
    world.crash();
    world.time.after(milliseconds(700), [] {});
    world.start();
  }
  EXPECT_TRUE(world.until_state(id, State::succeeded)) << encode_text(*world.get(id));
  expect_only("1.1", "1.0");
}

TEST_P(Strategies, ArePlannedByTheSameCode) {
  const auto plan = world.ask(world.engine().plan_rollout(world.somebody, {.application = "shop", .release = "1.1"}));
  ASSERT_TRUE(plan.ok()) << to_string(plan.status());
  ASSERT_FALSE(plan->moments.empty());
  EXPECT_EQ(plan->moments.back().groups.back().weight, kAllTraffic);
}

// The analyses' time is a part of it: two windows of a second each time that the strategy waits for one.
TEST_P(Strategies, AreNeverDoneBeforeTheirPlansEarliestEnd) {
  const auto plan = world.ask(world.engine().plan_rollout(world.somebody, {.application = "shop", .release = "1.1"}));
  ASSERT_TRUE(plan.ok()) << to_string(plan.status());
  const bool waits_for_analyses = std::any_of(plan->moments.begin(), plan->moments.end(), [](const auto& moment) {
    return moment.wait.kind == strategy::WaitKind::analysis;
  });
  if (waits_for_analyses) {
    EXPECT_GE(plan->earliest_end, seconds(2));
  }
  const std::string id = deploy();
  ASSERT_TRUE(world.until_state(id, State::succeeded)) << encode_text(*world.get(id));
  const auto journal = world.journal(id);
  const auto promoted = std::find_if(journal.begin(), journal.end(), [](const auto& entry) {
    return entry.state == State::verifying || entry.state == State::succeeded;
  });
  ASSERT_NE(promoted, journal.end());
  EXPECT_GE(promoted->at - journal.front().at, plan->earliest_end);
}

INSTANTIATE_TEST_SUITE_P(Shipped, Strategies, testing::ValuesIn(kinds()), [](const auto& kind) {
  return std::string(kind.param.strategy == "blue-green" ? "blue_green" : kind.param.strategy) +
         std::to_string(kind.index);
});

}  // namespace
}  // namespace slipway::sim
