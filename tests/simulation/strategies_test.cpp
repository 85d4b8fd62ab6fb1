// The shipped strategies and the shipped analyzer in simulated worlds, good releases and bad ones, with and without a
// host that is killed on the way.
#include <algorithm>

#include "tests/simulation/replay.hpp"
#include "tests/simulation/shipped.hpp"

namespace slipway::sim {
namespace {

struct Kind {
  std::string name;
  std::string strategy;
  Json settings;
  bool asks_a_person = false;
};

std::vector<Kind> kinds() {
  const Json canary_steps = {
      {{"weight", "5%"}}, {{"analysis", "errors"}}, {{"weight", "50%"}}, {{"analysis", "errors"}}};
  return {
      {"canary", "canary", {{"steps", canary_steps}, {"scale_down_delay", "2s"}}},
      {"canary_of_every_step", "canary", {{"steps", steps_of_every_kind()}, {"scale_down_delay", "2s"}}, true},
      {"linear", "canary", {{"linear", {{"step", "25%"}, {"interval", "2s"}}}, {"analyses", "errors"}}},
      {"exponential",
       "canary",
       {{"exponential", {{"start", "5%"}, {"factor", 3}, {"interval", "2s"}}}, {"analyses", "errors"}}},
      {"automatic",
       "canary",
       {{"automatic",
         {{"step", "20%"}, {"max", "40%"}, {"interval", "2s"}, {"threshold", 2}, {"analyses", "errors"}}}}},
      {"blue_green",
       "blue-green",
       {{"smoke", "errors"},
        {"switch_steps", {{{"weight", "10%"}, {"pause", "1s"}, {"analyses", "errors"}}}},
        {"keep_blue", "3s"}}},
      {"blue_green_with_a_small_preview",
       "blue-green",
       {{"preview_replicas", 1},
        {"smoke", "errors"},
        {"approval", {{"message", "Switch?"}}},
        {"verify", "errors"},
        {"keep_blue", "1s"}},
       true},
      {"rolling", "rolling", {{"max_surge", 1}, {"max_unavailable", 0}, {"min_ready", "1s"}, {"analyses", "errors"}}}};
}

class Strategies : public Shipped, public testing::WithParamInterface<Kind> {
 protected:
  Strategies() {
    world.versions["strategies." + GetParam().strategy] = "1.2.3";
    prepare(GetParam().strategy, GetParam().settings);
  }
  // Where the strategy asks a person, one agrees.
  bool until_end(const std::string& id, State state) {
    if (GetParam().asks_a_person && until_asked(id)) (void)world.act(id, rollout::Action::approve);
    return world.until_state(id, state);
  }
  // Of the stored journal, each decision of the strategy.
  void expect_the_same_again(const std::string& id) {
    const auto journal = world.journal(id);
    const AskStrategy ask = [&](const std::string& version, const std::string& question) {
      EXPECT_EQ(version, "1.2.3");
      return world.plugins.at("strategies." + GetParam().strategy)(
          strategy::kId, strategy::Interface::index_of<strategy::Step>(), question);
    };
    EXPECT_EQ(fault_of_replay(journal, json_text(GetParam().settings), ask), "");
    int steps = 0;
    for (const auto& entry : journal) {
      if (entry.kind != "step" || entry.reason == "the way is free") continue;
      EXPECT_TRUE(replay(entry, json_text(GetParam().settings), ask).ok()) << entry.reason;
      ++steps;
    }
    EXPECT_GT(steps, 0);
  }
};

TEST_P(Strategies, PromoteAGoodRelease) {
  const std::string id = deploy();
  EXPECT_TRUE(until_end(id, State::succeeded)) << encode_text(*world.get(id));
  expect_only("1.1", "1.0");
  expect_the_same_again(id);
}

TEST_P(Strategies, GoBackFromABadRelease) {
  world.metrics.error_ratio["1.1"] = 0.2;
  const std::string id = deploy();
  EXPECT_TRUE(until_end(id, State::rolled_back)) << encode_text(*world.get(id));
  expect_only("1.0", "1.1");
  expect_the_same_again(id);
}

TEST_P(Strategies, GoOnAfterAKilledHost) {
  const std::string id = deploy();
  for (int kills = 0; kills < 6 && !rollout::has_ended(world.state_of(id)); ++kills) {
    world.run_for(milliseconds(1'300));
    world.crash();
    world.time.after(milliseconds(700), [] {});
    world.start();
  }
  EXPECT_TRUE(until_end(id, State::succeeded)) << encode_text(*world.get(id));
  expect_only("1.1", "1.0");
  expect_the_same_again(id);
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
  ASSERT_TRUE(until_end(id, State::succeeded)) << encode_text(*world.get(id));
  const auto journal = world.journal(id);
  const auto promoted = std::find_if(journal.begin(), journal.end(), [](const auto& entry) {
    return entry.state == State::verifying || entry.state == State::succeeded;
  });
  ASSERT_NE(promoted, journal.end());
  EXPECT_GE(promoted->at - journal.front().at, plan->earliest_end);
}

INSTANTIATE_TEST_SUITE_P(OfEachKind, Strategies, testing::ValuesIn(kinds()),
                         [](const auto& kind) { return kind.param.name; });

}  // namespace
}  // namespace slipway::sim
