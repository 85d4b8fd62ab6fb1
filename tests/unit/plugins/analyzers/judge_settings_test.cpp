// What a metric's settings do to its label and to the score.
#include "tests/unit/plugins/analyzers/judge_plugin.hpp"

namespace slipway::judge {
namespace {

class JudgeSettings : public JudgePlugin {
 protected:
  JudgeSettings() {
    settings = {{"metrics", {{{"name", "m"}}, {{"name", "calm"}}}},
                {"windows", 10},
                {"min_points", 5},
                {"marginal", 25},
                {"pass", 95}};
  }
  // `m` differs by the factor in every window, `calm` does not.
  analyzer::JudgeReply judged(double times) {
    std::vector<double> stable;
    std::vector<double> next;
    for (std::int64_t i = 0; i < 10; ++i) stable.push_back(around(1, i)), next.push_back(times * around(1, i));
    return follow({{"m", next}, {"calm", stable}}, {{"m", stable}, {"calm", stable}});
  }
  static Json found(const analyzer::JudgeReply& reply) { return tree_of(reply.evidence)["metrics"]["m"]; }
  static double score(const analyzer::JudgeReply& reply) { return tree_of(reply.evidence)["score"].get<double>(); }
  Json& effect_size() { return settings["metrics"][0]["effect_size"]; }
};

TEST_F(JudgeSettings, AWindowThatIsNotCoveredIsNoPoint) {
  settings["min_completeness"] = 0.9;
  analyzer::JudgeReply reply;
  while (number < 10)
    reply = ask({.groups = {{.role = "next", .values = {{"m", 1}}, .completeness = number % 5 == 0 ? 0.5 : 0.9},
                            {.role = "stable", .values = {{"m", 1}}, .completeness = 1}}});
  ASSERT_TRUE(last.ok()) << to_string(last);
  EXPECT_EQ(found(reply)["points"], 8);
  EXPECT_EQ(found(reply)["baseline_points"], 10);
  settings["min_completeness"] = -1;
  EXPECT_EQ(paths(), std::vector<std::string>{"/min_completeness"});
}

TEST_F(JudgeSettings, AllowedIncreaseIsTheLeastRatioThatIsHigh) {
  effect_size() = {{"allowed_increase", 1.3}};
  EXPECT_EQ(found(judged(1.29))["label"], "pass");
  EXPECT_EQ(found(judged(1.31))["label"], "high");
}

TEST_F(JudgeSettings, AllowedDecreaseIsTheMostRatioThatIsLow) {
  effect_size() = {{"allowed_decrease", 0.7}};
  EXPECT_EQ(found(judged(0.71))["label"], "pass");
  EXPECT_EQ(found(judged(0.69))["label"], "low");
  EXPECT_EQ(found(judged(1.5))["label"], "high") << "the other side has its own limit";
}

// By the ratio the difference is small; by the ranks it is as large as can be.
TEST_F(JudgeSettings, ClesMeasuresHowOftenAPointIsHigher) {
  effect_size() = {{"measure", "cles"}, {"allowed_increase", 0.99}, {"allowed_decrease", 0.01}};
  auto reply = judged(1.08);
  EXPECT_EQ(found(reply)["effect"], 1.0);
  EXPECT_EQ(found(reply)["label"], "high");
  reply = judged(0.92);
  EXPECT_EQ(found(reply)["effect"], 0.0);
  EXPECT_EQ(found(reply)["label"], "low");
  effect_size() = {{"measure", "cles"}, {"allowed_increase", 1.01}, {"allowed_decrease", -0.01}};
  EXPECT_EQ(found(judged(1.08))["label"], "pass");
  EXPECT_EQ(found(judged(0.92))["label"], "pass");
}

TEST_F(JudgeSettings, ClesIsNeutralAtOneHalf) {
  effect_size() = {{"measure", "cles"}};
  EXPECT_EQ(found(judged(1.08))["label"], "high");
  EXPECT_EQ(found(judged(0.92))["label"], "low");
  EXPECT_EQ(found(judged(1))["effect"], 0.5);
}

TEST_F(JudgeSettings, ACriticalMetricFailsEverythingFromItsCriticalIncreaseOn) {
  settings["metrics"][0]["critical"] = true;
  effect_size() = {{"critical_increase", 2}};
  auto reply = judged(1.9);
  EXPECT_EQ(found(reply)["label"], "high");
  EXPECT_EQ(score(reply), 50);
  EXPECT_EQ(reply.verdict, Verdict::inconclusive);
  reply = judged(2.1);
  EXPECT_EQ(score(reply), 0);
  EXPECT_EQ(reply.verdict, Verdict::fail);
  EXPECT_NE(reply.reason.find(", and critical"), std::string::npos) << reply.reason;
}

TEST_F(JudgeSettings, ACriticalMetricFailsEverythingFromItsCriticalDecreaseDown) {
  settings["metrics"][0]["critical"] = true;
  effect_size() = {{"critical_decrease", 0.5}};
  EXPECT_EQ(score(judged(0.6)), 50);
  EXPECT_EQ(score(judged(0.4)), 0);
  EXPECT_EQ(score(judged(1.5)), 0) << "upwards every ratio above 1 is critical";
}

TEST_F(JudgeSettings, OutliersAreLeftOutWhereThatIsWanted) {
  std::vector<double> stable;
  for (std::int64_t i = 0; i < 40; ++i) stable.push_back(around(1, i));
  std::vector<double> next = stable;
  next[7] = 1e9;
  settings["windows"] = 40;
  const Series calm{{"calm", stable}, {"m", stable}};
  const auto with = [&](const char* outliers) {
    settings["metrics"][0]["outliers"] = outliers;
    return found(follow({{"calm", stable}, {"m", next}}, calm));
  };
  EXPECT_EQ(with("keep")["points"], 40);
  EXPECT_GT(with("keep")["effect"], 1e6);
  EXPECT_EQ(with("remove")["points"], 39);
  EXPECT_LT(with("remove")["effect"], 1.01);
  settings["metrics"][0]["outlier_factor"] = 1e12;
  EXPECT_EQ(with("remove")["points"], 40) << "so far out nothing is extreme";
}

TEST_F(JudgeSettings, WhatMustHaveDataIsBadWithoutIt) {
  settings["metrics"].push_back({{"name", "third"}});
  const std::vector<double> ones(10, 1);
  const auto without_m = [&] {
    return follow({{"calm", ones}, {"third", ones}}, {{"calm", ones}, {"third", ones}, {"m", ones}});
  };
  EXPECT_EQ(score(without_m()), 100);
  settings["metrics"][0]["must_have_data"] = true;
  const auto reply = without_m();
  EXPECT_EQ(score(reply), 66.67);
  EXPECT_EQ(reply.verdict, Verdict::inconclusive);
  EXPECT_EQ(found(reply)["label"], "no data");
}

}  // namespace
}  // namespace slipway::judge
