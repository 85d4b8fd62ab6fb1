// `compat: kayenta` through the plugin: the numbers of its test, and the rules of its score.
#include "tests/unit/plugins/analyzers/judge_plugin.hpp"
#include "tests/unit/plugins/analyzers/judge_vectors.hpp"

namespace slipway::judge {
namespace {

class Kayenta : public JudgePlugin {
 protected:
  Kayenta() { settings = {{"compat", "kayenta"}, {"metrics", {{{"name", "m"}}}}, {"windows", 5}}; }

  double score(const analyzer::JudgeReply& reply) { return tree_of(reply.evidence)["score"].get<double>(); }
};

class KayentaVectors : public Kayenta, public testing::WithParamInterface<Vector> {};

TEST_P(KayentaVectors, HaveItsIntervalEffectLabelAndScore) {
  const Vector& vector = GetParam();
  settings["windows"] = std::max<std::size_t>(5, vector.x.size());
  const auto reply = follow({{"m", vector.x}}, {{"m", vector.y}});
  const Json found = tree_of(reply.evidence)["metrics"]["m"];
  const bool is_high = vector.name == "A" || vector.name == "F";
  EXPECT_EQ(found["label"], is_high ? "high" : "pass");
  EXPECT_EQ(score(reply), is_high ? 0 : 100);
  EXPECT_EQ(reply.verdict, is_high ? Verdict::fail : Verdict::pass);
  EXPECT_EQ(found["points"], vector.x.size());
  EXPECT_NEAR(found["shift"]["low"].get<double>(), vector.kayenta[0], 1e-6);
  EXPECT_NEAR(found["shift"]["high"].get<double>(), vector.kayenta[1], 1e-6);
  EXPECT_NEAR(found["effect"].get<double>(), vector.ratio, 1e-9 * vector.ratio);
}

INSTANTIATE_TEST_SUITE_P(Vectors, KayentaVectors, testing::ValuesIn(vectors()),
                         [](const auto& vector) { return vector.param.name; });

TEST_F(Kayenta, ItsOwnFirstCaseAt95Percent) {
  settings["confidence"] = 0.95;
  const Json shift =
      tree_of(follow({{"m", {10, 20, 30, 40}}}, {{"m", {1, 2, 3, 4}}}).evidence)["metrics"]["m"]["shift"];
  EXPECT_NEAR(shift["low"].get<double>(), 6, 1e-6);
  EXPECT_NEAR(shift["high"].get<double>(), 39, 1e-6);
  EXPECT_NEAR(shift["estimate"].get<double>(), 22.5, 1e-4);
}

// What its scorer is told in each case: metrics by their label and group, and the weights.
struct Labelled {
  std::string label;
  std::string group;
  Json more = Json::object();
};
struct Case {
  std::string name;
  std::vector<Labelled> metrics;
  Json weights = Json::object();
  double score = 0;
};

const std::vector<Case>& cases() {
  static const Json critical{{"critical", true}};
  static const Json muted{{"muted", true}};
  static const Json must{{"must_have_data", true}};
  static const Json both{{"must_have_data", true}, {"critical", true}};
  static const std::vector<Case> list{
      {"OnePass", {{"pass", "g"}}, {}, 100},
      {"OneHigh", {{"high", "g"}}, {}, 0},
      {"OneOfTwo", {{"pass", "g"}, {"high", "g"}}, {}, 50},
      {"OneOfThree", {{"pass", "g"}, {"high", "g"}, {"low", "g"}}, {}, 33.33},
      {"TwoGroups", {{"pass", "g"}, {"pass", "g"}, {"high", "h"}}, {{"g", 75}, {"h", 25}}, 75},
      {"TwoEqualGroups", {{"pass", "g"}, {"high", "g"}, {"high", "h"}}, {{"g", 50}, {"h", 50}}, 25},
      {"UnlistedGroupsShareTheRest", {{"pass", "g"}, {"high", "h"}, {"pass", "i"}}, {{"g", 40}}, 70},
      {"NoData", {{"no data", "g"}}, {}, 0},
      {"HalfWithoutData", {{"pass", "g"}, {"no data", "g"}}, {}, 0},
      {"AThirdWithoutData", {{"pass", "g"}, {"high", "g"}, {"no data", "g"}}, {}, 50},
      {"AGroupWithoutDataCountsInFull", {{"pass", "g"}, {"high", "g"}, {"no data", "h"}}, {}, 75},
      {"WhatMustHaveDataIsBadWithout", {{"pass", "g"}, {"no data", "g", must}}, {}, 50},
      {"ACriticalFailure", {{"pass", "g"}, {"high", "g", critical}}, {}, 0},
      {"ACriticalPass", {{"low", "g"}, {"pass", "g", critical}}, {}, 50},
      {"ACriticalMetricWithoutData", {{"pass", "g"}, {"pass", "g"}, {"no data", "g", critical}}, {}, 0},
      {"ACriticalMetricThatMustHaveData", {{"pass", "g"}, {"pass", "g"}, {"no data", "g", both}}, {}, 0},
      {"AMutedFailure", {{"pass", "g"}, {"high", "g", muted}}, {}, 100},
      {"AMutedMetricWithoutData", {{"pass", "g"}, {"no data", "g", muted}}, {}, 100},
      {"AWeightWithoutAMetricIsLost", {{"pass", "g"}}, {{"g", 60}, {"h", 40}}, 60},
      {"UnlistedGroupsDoNotGetWhatIsLost", {{"pass", "g"}}, {{"h", 40}}, 60}};
  return list;
}
void PrintTo(const Case& one, std::ostream* out) { *out << one.name; }

class KayentaScores : public Kayenta, public testing::WithParamInterface<Case> {};

TEST_P(KayentaScores, AreThoseOfItsScorer) {
  settings["metrics"] = Json::array();
  settings["group_weights"] = GetParam().weights.is_null() ? Json::object() : GetParam().weights;
  Series next;
  Series stable;
  for (const auto& [label, group, more] : GetParam().metrics) {
    const std::string name = "m" + std::to_string(settings["metrics"].size());
    settings["metrics"].push_back({{"name", name}, {"group", group}});
    settings["metrics"].back().update(more);
    if (label != "no data") next[name] = std::vector<double>(5, label == "high" ? 2 : 1);
    stable[name] = std::vector<double>(5, label == "low" ? 2 : 1);
  }
  EXPECT_TRUE(problems().empty());
  const auto reply = follow(next, stable);
  EXPECT_EQ(score(reply), GetParam().score) << reply.reason;
  EXPECT_EQ(reply.verdict, GetParam().score == 100  ? Verdict::pass
                           : GetParam().score >= 75 ? Verdict::inconclusive
                                                    : Verdict::fail);
  std::size_t at = 0;
  for (const auto& metric : GetParam().metrics)
    EXPECT_EQ(tree_of(reply.evidence)["metrics"]["m" + std::to_string(at++)]["label"], metric.label);
}

INSTANTIATE_TEST_SUITE_P(Cases, KayentaScores, testing::ValuesIn(cases()),
                         [](const auto& one) { return one.param.name; });

TEST_F(Kayenta, AWeightThatIsLostIsWarnedOf) {
  settings["group_weights"] = {{"all", 60}, {"h", 40}};
  const auto reply = host.call<analyzer::Interface, analyzer::Validate>({.settings = json_text(settings)});
  EXPECT_EQ(reply->warnings,
            std::vector<std::string>{
                "the weight 40 of the group h is lost: no metric is of it, and the score stays below 100"});
}

TEST_F(Kayenta, OnePointOfEachGroupIsData) {
  const auto reply = follow({{"m", {1}}}, {{"m", {1, 1, 1}}});
  EXPECT_EQ(tree_of(reply.evidence)["metrics"]["m"]["label"], "pass");
  EXPECT_EQ(reply.verdict, Verdict::pass);
}

TEST_F(Kayenta, LooksDoNotShareTheConfidence) {
  settings["windows"] = 10;
  const Series next{{"m", {2.1, 2.5, 2.2, 2.8, 2.4, 2.6, 2.9, 2.3, 2.7, 2.2}}};
  const Series stable{{"m", {2.0, 2.2, 2.1, 2.4, 2.3, 2.5, 2.0, 2.2, 2.1, 2.6}}};
  const Json once = tree_of(follow(next, stable).evidence)["metrics"]["m"]["shift"];
  settings["looks"] = 5;
  EXPECT_EQ(tree_of(follow(next, stable).evidence)["metrics"]["m"]["shift"], once);
}

TEST_F(Kayenta, AScoreAtTheMarginEndsItBeforeTheLastLook) {
  settings["windows"] = 10;
  settings["looks"] = 2;
  settings["marginal"] = 50;
  settings["metrics"] = {{{"name", "a"}}, {{"name", "b"}}};
  const std::vector<double> ones(10, 1);
  const auto reply = follow({{"a", ones}, {"b", std::vector<double>(10, 2)}}, {{"a", ones}, {"b", ones}});
  EXPECT_EQ(reply.verdict, Verdict::fail) << reply.reason;
  EXPECT_EQ(number, 5);
}

TEST_F(Kayenta, WithoutDataItFailsByTheScore) {
  const auto reply = follow({}, {{"m", {1, 1, 1, 1, 1}}});
  EXPECT_EQ(reply.verdict, Verdict::fail);
  EXPECT_EQ(reply.code, "no_data");
  EXPECT_EQ(reply.reason, "score 0 (passes from 95, fails below 75): m has no data: 0 and 5 points");
}

}  // namespace
}  // namespace slipway::judge
