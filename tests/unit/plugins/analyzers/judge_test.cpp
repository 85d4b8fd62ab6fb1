#include "plugins/analyzers/judge/classify.hpp"
#include "tests/support/manifest_config.hpp"
#include "tests/unit/plugins/analyzers/judge_plugin.hpp"

namespace slipway::judge {
namespace {

TEST_F(JudgePlugin, PassesWhatDoesNotDiffer) {
  const auto reply = run({{"cpu", 0.3}}, {{"cpu", 0.3}});
  EXPECT_EQ(reply.verdict, Verdict::pass) << reply.reason;
  EXPECT_EQ(number, 20) << "one look, at the end";
  EXPECT_EQ(reply.method, "judge/1");
  EXPECT_EQ(tree_of(reply.evidence)["score"], 100.0);
}

TEST_F(JudgePlugin, FailsWhatIsHigherAndSaysByHowMuch) {
  const auto reply = run({{"cpu", 0.4}}, {{"cpu", 0.3}});
  EXPECT_EQ(reply.verdict, Verdict::fail);
  EXPECT_EQ(reply.code, "score");
  EXPECT_TRUE(reply.reason.starts_with(
      "score 0 (passes from 95, fails below 75): cpu is high: 0.4114 against 0.3085, shifted by "))
      << reply.reason;
  EXPECT_EQ(tree_of(reply.evidence)["metrics"]["cpu"]["label"], "high");
}

TEST_F(JudgePlugin, AChangeInTheGoodDirectionPasses) {
  settings["metrics"][0]["direction"] = "increase";
  EXPECT_EQ(run({{"cpu", 0.2}}, {{"cpu", 0.3}}).verdict, Verdict::pass);
}

TEST_F(JudgePlugin, ADifferenceMustBeLargeEnoughToCount) {
  settings["metrics"][0]["effect_size"] = {{"allowed_increase", 1.5}};
  EXPECT_EQ(run({{"cpu", 0.4}}, {{"cpu", 0.3}}).verdict, Verdict::pass);
}

TEST_F(JudgePlugin, BetweenTheScoresItIsInconclusive) {
  settings["metrics"] = {{{"name", "a"}, {"group", "g"}}, {{"name", "b"}, {"group", "h"}}};
  settings["group_weights"] = {{"g", 20}, {"h", 80}};
  const auto reply = run({{"a", 2}, {"b", 1}}, {{"a", 1}, {"b", 1}});
  EXPECT_EQ(reply.verdict, Verdict::inconclusive);
  EXPECT_EQ(reply.code, "marginal");
  EXPECT_EQ(tree_of(reply.evidence)["score"], 80.0);
}

TEST_F(JudgePlugin, ACriticalMetricFailsEverythingAndAMutedOneNothing) {
  settings["metrics"] = Json::array();
  for (const char* name : {"a", "b", "c", "d", "e"}) settings["metrics"].push_back({{"name", name}});
  settings["marginal"] = 50;
  settings["pass"] = 80;
  const std::map<std::string, double> stable{{"a", 1}, {"b", 1}, {"c", 1}, {"d", 1}, {"e", 1}};
  auto next = stable;
  next["a"] = 2;
  EXPECT_EQ(run(next, stable).verdict, Verdict::pass) << "80 of 100";
  settings["metrics"][0]["critical"] = true;
  state = {}, number = 0;
  EXPECT_EQ(run(next, stable).verdict, Verdict::fail);
  settings["metrics"][0] = {{"name", "a"}, {"muted", true}};
  state = {}, number = 0;
  EXPECT_EQ(tree_of(run(next, stable).evidence)["score"], 100.0);
}

TEST_F(JudgePlugin, NoDataIsNeitherSuccessNorFailure) {
  const auto reply = run({}, {{"cpu", 0.3}});
  EXPECT_EQ(reply.verdict, Verdict::insufficient_data);
  EXPECT_EQ(reply.reason, "half of the metrics have no data: cpu has no data: 0 and 20 points");
}

TEST_F(JudgePlugin, ACriticalMetricThatIsBadFailsThoughOthersHaveNoData) {
  settings["metrics"] = {{{"name", "cpu"}, {"critical", true}}, {{"name", "memory"}}, {{"name", "threads"}}};
  const auto reply = run({{"cpu", 0.4}}, {{"cpu", 0.3}});
  EXPECT_EQ(reply.verdict, Verdict::fail) << reply.reason;
  EXPECT_EQ(reply.code, "score");
  EXPECT_NE(reply.reason.find("cpu is high"), std::string::npos) << reply.reason;
  EXPECT_NE(reply.reason.find("memory has no data"), std::string::npos) << reply.reason;
  state = {}, number = 0;
  EXPECT_EQ(run({{"cpu", 0.3}}, {{"cpu", 0.3}}).verdict, Verdict::insufficient_data)
      << "one that is good does not vouch for the others";
  state = {}, number = 0;
  EXPECT_EQ(run({{"memory", 1}}, {{"memory", 1}}).verdict, Verdict::insufficient_data) << "nobody measured it";
}

TEST_F(JudgePlugin, WhatMustHaveDataFailsWithoutItHoweverFewTheOthersAre) {
  settings["metrics"] = {{{"name", "cpu"}, {"must_have_data", true}}};
  const auto reply = run({}, {{"cpu", 0.3}});
  EXPECT_EQ(reply.verdict, Verdict::fail) << reply.reason;
  EXPECT_EQ(reply.code, "score");
  settings["metrics"][0]["critical"] = true;
  state = {}, number = 0;
  EXPECT_EQ(run({}, {{"cpu", 0.3}}).verdict, Verdict::fail) << "and critical";
  settings["metrics"][0].erase("critical");
  settings["metrics"].push_back({{"name", "memory"}});
  state = {}, number = 0;
  EXPECT_EQ(run({{"memory", 1}}, {{"memory", 1}}).verdict, Verdict::fail) << "50 of 100";
  state = {}, number = 0;
  EXPECT_EQ(run({}, {}).verdict, Verdict::insufficient_data) << "of the other nothing is known";
}

TEST_F(JudgePlugin, AMissingValueCountsAsNothingWhereThatIsWanted) {
  settings["metrics"][0]["missing"] = "replace";
  EXPECT_EQ(run({{"other", 1}}, {{"other", 1}}).verdict, Verdict::pass) << "0 against 0";
}

TEST_F(JudgePlugin, AGaugeMayBeNegative) { EXPECT_EQ(run({{"cpu", -0.3}}, {{"cpu", -0.3}}).verdict, Verdict::pass); }

TEST_F(JudgePlugin, WithSeveralLooksABadReleaseFailsEarly) {
  settings["looks"] = 2;
  EXPECT_EQ(run({{"cpu", 0.4}}, {{"cpu", 0.3}}).verdict, Verdict::fail);
  EXPECT_EQ(number, 10);
  state = {}, number = 0;
  EXPECT_EQ(run({{"cpu", 0.3}}, {{"cpu", 0.3}}).verdict, Verdict::pass);
  EXPECT_EQ(number, 20);
}

TEST_F(JudgePlugin, WhatTheLastLookCouldNotDecideStandsUntilTheNext) {
  const auto undecided = run({}, {{"cpu", 0.3}});
  ASSERT_EQ(undecided.verdict, Verdict::insufficient_data);
  for (int window = 1; window < 20; ++window) {
    const auto reply = ask({{"cpu", around(0.4, window)}}, {{"cpu", around(0.3, window)}});
    EXPECT_EQ(reply.verdict, Verdict::insufficient_data);
    EXPECT_EQ(reply.evidence.text, undecided.evidence.text);
    EXPECT_EQ(reply.measurements, 20 + window);
    EXPECT_NE(reply.reason.find("; looks again: " + std::to_string(window) + " of 20 windows"), std::string::npos)
        << reply.reason;
  }
  EXPECT_EQ(ask({}, {}, "refused").verdict, Verdict::insufficient_data)
      << "nor is it lifted by a source that fails once";
  const auto reply = ask({{"cpu", 0.4}}, {{"cpu", 0.3}});
  EXPECT_EQ(reply.verdict, Verdict::fail) << reply.reason;
  EXPECT_EQ(reply.reason.find("looks again"), std::string::npos) << reply.reason;
}

TEST_F(JudgePlugin, AWindowIsTakenInOnce) {
  ask({{"cpu", 1}}, {{"cpu", 2}});
  const Json before = state;
  again = true;
  ask({{"cpu", 1}}, {{"cpu", 2}});
  EXPECT_EQ(state, before);
}

TEST_F(JudgePlugin, ASourceThatFailsIsAnErrorInTheEnd) {
  analyzer::JudgeReply reply;
  for (int i = 0; i < 4; ++i) EXPECT_EQ(ask({}, {}, "refused").verdict, Verdict::proceed);
  reply = ask({}, {}, "refused");
  EXPECT_EQ(reply.verdict, Verdict::error);
  EXPECT_EQ(reply.reason, "the source failed: refused (error 5 in a row, of at most 4)");
}

TEST_F(JudgePlugin, ItsStateStaysWithinFourKibibytesAMetric) {
  settings["windows"] = 100;
  for (int i = 1; i <= 100; ++i) ask({{"cpu", -1.0 / (i * 1e200 + 1)}}, {{"cpu", 1e18 / i}});
  ASSERT_TRUE(last.ok()) << to_string(last);
  EXPECT_LE(state.dump().size(), 2800U) << "with the counters and the last look; each number takes the same room";
  EXPECT_GE(state["series"][0]["next"].get<std::string>().size(), 100U * 8 * 4 / 3) << "all of them";
}

TEST_F(JudgePlugin, AStateOfVersion1IsReadWithItsPoints) {
  for (int i = 1; i < 20; ++i) ask({{"cpu", i / 7.0}}, {{"cpu", i / 9.0}});
  Json old = state;
  old["version"] = 1;
  Json& series = old["series"][0];
  series = {{"next", Json::array()}, {"stable", Json::array()}};
  for (int i = 1; i < 20; ++i) series["next"].push_back(i / 7.0), series["stable"].push_back(i / 9.0);
  const Json now = ask_after(state);
  EXPECT_EQ(ask_after(old), now);
  EXPECT_EQ(now["version"], 2);
}

TEST_F(JudgePlugin, ASeriesThatIsDamagedIsRefused) {
  ask({{"cpu", 1}}, {{"cpu", 2}});
  const Json good = state;
  for (const char* points : {"x", "####", "AAAAAAAA8H8A"}) {
    state = good;
    state["series"][0]["next"] = points;
    ask({{"cpu", 1}}, {{"cpu", 2}});
    EXPECT_EQ(last.code, Code::invalid_argument) << points;
  }
}

TEST_F(JudgePlugin, AStateOfOtherSettingsIsRefused) {
  ask({{"cpu", 1}}, {{"cpu", 2}});
  settings["metrics"].push_back({{"name", "memory"}});
  ask({{"cpu", 1}}, {{"cpu", 2}});
  EXPECT_EQ(last.code, Code::invalid_argument);
}

TEST_F(JudgePlugin, NamesEveryFaultOfItsSettings) {
  settings = {{"metrics", {{{"name", "cpu"}, {"group", "g"}}}},
              {"group_weights", {{"g", 60}, {"h", 10}}},
              {"windows", 20},
              {"min_points", 30},
              {"looks", 3},
              {"confidence", 1},
              {"tolerance", 2},
              {"pass", 101},
              {"marginal", 102}};
  EXPECT_EQ(paths(), (std::vector<std::string>{"/min_points", "/looks", "/confidence", "/tolerance", "/pass",
                                               "/marginal", "/group_weights/h", "/group_weights"}));
  settings = Json::object();
  EXPECT_EQ(paths(), std::vector<std::string>{"/metrics"});
}

TEST_F(JudgePlugin, ItsManifestSaysWhatItMayBeTold) {
  EXPECT_EQ(test::config_in(MANIFEST), schema_of_defaults<Settings>()) << schema_of_defaults<Settings>().dump(2);
}

TEST(Outliers, AreWhatLiesBeyondTheFences) {
  const Fences fences = fences_of({10, 11, 12, 13, 14, 15, 16, 17, 18, 19, 100}, 3);
  EXPECT_DOUBLE_EQ(fences.low, -2.5);
  EXPECT_DOUBLE_EQ(fences.high, 91.9);
  EXPECT_EQ(without_outliers({10, 11, 12, 13, 14, 15, 16, 17, 18, 19, 100}, 3).size(), 10U);
  EXPECT_EQ(without_outliers({1, 1, 1, 1}, 3).size(), 4U);
  EXPECT_TRUE(without_outliers({}, 3).empty());
}

// The vectors' classes at the limits that Kayenta has built in.
TEST(Classes, AreThoseThatWereComputedApart) {
  Settings settings;
  settings.min_points = 4;
  const auto label = [&](std::vector<double> next, std::vector<double> stable) {
    return classify({.name = "m"}, settings, 0.98, std::move(next), std::move(stable)).label;
  };
  EXPECT_EQ(label({10, 20, 30, 40}, {1, 2, 3, 4}), Label::high);
  EXPECT_EQ(label({1, 2, 3, 4}, {10, 20, 30, 40}), Label::low);
  EXPECT_EQ(label({3, 4, 4, 5, 6, 7, 7, 8}, {1, 2, 2, 3, 4, 4, 5, 5}), Label::pass);
  EXPECT_EQ(label({0, 0, 1, 0, 2, 0, 0, 1, 3, 0}, {0, 0, 0, 1, 0, 0, 0, 0, 1, 0}), Label::pass);
  EXPECT_EQ(label({2.1, 2.5, 2.2, 2.8, 2.4, 2.6, 2.9, 2.3}, {2.0, 2.2, 2.1, 2.4, 2.3, 2.5, 2.0, 2.2}), Label::pass);
  EXPECT_EQ(label({5, 5, 5, 5, 5, 6}, {5, 5, 5, 5, 5, 5}), Label::pass);
  EXPECT_EQ(label({12.1, 11.8, 12.6, 13.0, 12.2, 11.9, 12.8, 12.4, 12.7, 12.3},
                  {10.1, 10.4, 9.8, 10.9, 10.2, 10.6, 10.0, 10.3, 10.7, 10.5}),
            Label::high);
  EXPECT_EQ(label({5, 5, 5, 5}, {5, 5, 5, 5}), Label::pass);
  EXPECT_EQ(label({6, 6, 6, 6}, {5, 5, 5, 5}), Label::high) << "constant, and different";
  EXPECT_EQ(label({1, 2, 3}, {1, 2, 3, 4}), Label::no_data);
}

}  // namespace
}  // namespace slipway::judge
