#include "tests/contract/analyzer/analyzer_contract.hpp"

#include <cmath>

namespace slipway::test {
namespace {

using analyzer::Judge;
using analyzer::Verdict;

TEST_P(AnalyzerContract, AGoodReleasePassesAndABadOneFailsUnlessItAdvises) {
  const auto good = decide(0.001, 0.001);
  ASSERT_TRUE(good.ok()) << to_string(good.status());
  EXPECT_EQ(good->verdict, Verdict::pass) << good->reason;
  const auto bad = decide(0.2, 0.001);
  ASSERT_TRUE(bad.ok()) << to_string(bad.status());
  EXPECT_EQ(bad->verdict, GetParam().of_bad) << bad->reason;
}

TEST_P(AnalyzerContract, AVerdictCanBeChecked) {
  const auto reply = decide(0.2, 0.001);
  ASSERT_TRUE(reply.ok());
  EXPECT_FALSE(reply->reason.empty());
  EXPECT_FALSE(reply->code.empty());
  EXPECT_NE(reply->method.find('/'), std::string::npos) << "method and version";
  EXPECT_FALSE(tree_of(reply->evidence).empty());
  EXPECT_LE(reply->state.text.size(), 4096U);
}

TEST_P(AnalyzerContract, NoDataIsNeverAPass) {
  analyzer::JudgeRequest request = window(0, 0);
  request.groups.clear();
  for (int i = 0; i < 20; ++i) {
    const auto reply = ask<Judge>(request);
    ASSERT_TRUE(reply.ok());
    EXPECT_NE(reply->verdict, Verdict::pass);
    EXPECT_NE(reply->verdict, Verdict::fail);
    request.state = reply->state;
  }
}

TEST_P(AnalyzerContract, ASourceThatFailsIsNeverAPassAndAnErrorInTheEnd) {
  analyzer::JudgeRequest request = window(0, 0);
  request.groups.clear();
  request.source_error = "connection refused";
  Verdict last = Verdict::proceed;
  for (int i = 0; i < 20; ++i) {
    const auto reply = ask<Judge>(request);
    ASSERT_TRUE(reply.ok());
    EXPECT_NE(reply->verdict, Verdict::pass);
    request.state = reply->state;
    last = reply->verdict;
  }
  EXPECT_EQ(last, Verdict::error);
}

// What a document can't hold is refused before an analyzer is asked.
TEST_P(AnalyzerContract, WhatIsNoNumberOrBeyond2To63IsRefusedByName) {
  for (const double value : {std::nan(""), double{INFINITY}, -double{INFINITY}, 1e19, -1e300, 1.7e308}) {
    auto request = window(0.001, 0.001);
    request.groups[0].values["error_ratio"] = request.groups[0].values["failures"] = value;
    const auto reply = ask<Judge>(request);
    EXPECT_EQ(reply.status().code, Code::invalid_argument);
    const std::string said = to_string(reply.status());
    EXPECT_NE(said.find("/groups/0/values/"), std::string::npos) << said;
  }
}

TEST_P(AnalyzerContract, ANegativeOrHugeNumberIsAnErrorByNameAndIsNotTakenIn) {
  for (const double value : {-0.25, -9e18, 1e16, 9e18}) {
    auto request = window(0.001, 0.001);
    request.groups[0].values["error_ratio"] = request.groups[0].values["failures"] = value;
    for (int i = 1; i <= 5; ++i) {
      request.window.id = "x" + std::to_string(i);
      const auto reply = ask<Judge>(request);
      ASSERT_TRUE(reply.ok()) << to_string(reply.status());
      EXPECT_EQ(reply->verdict, i == 5 ? Verdict::error : Verdict::proceed) << value << ": " << reply->reason;
      EXPECT_NE(reply->reason.find(" of the group next is "), std::string::npos) << reply->reason;
      EXPECT_NE(reply->reason.find(": want 0 to 2^53"), std::string::npos) << reply->reason;
      EXPECT_EQ(reply->measurements, 0);
      request.state = reply->state;
    }
  }
}

TEST_P(AnalyzerContract, TheSameQuestionHasTheSameAnswer) {
  const auto first = ask<Judge>(window(0.03, 0.02));
  const auto second = ask<Judge>(window(0.03, 0.02));
  ASSERT_TRUE(first.ok() && second.ok());
  EXPECT_EQ(encode_text(*first), encode_text(*second));
}

TEST_P(AnalyzerContract, AnUnknownSettingIsRefusedInValidateAndInJudge) {
  const Json misspelt = Json::parse(GetParam().misspelt);
  const auto validated = ask<analyzer::Validate>({.settings = json_text(misspelt)});
  ASSERT_TRUE(validated.ok());
  ASSERT_FALSE(validated->problems.empty());
  EXPECT_EQ(validated->problems[0].path, "/" + misspelt.items().begin().key());
  auto request = window(0, 0);
  request.settings = json_text(misspelt);
  EXPECT_EQ(ask<Judge>(request).status().code, Code::invalid_argument);
}

TEST_P(AnalyzerContract, AStateOfAnotherVersionIsNotGuessedAt) {
  auto request = window(0, 0);
  request.state = {R"({"version":99})"};
  EXPECT_EQ(ask<Judge>(request).status(),
            Status(Code::failed_precondition, "the state has version 99, this analyzer reads " + GetParam().reads));
}

INSTANTIATE_TEST_SUITE_P(Plugins, AnalyzerContract, ::testing::ValuesIn(analyzer_plugins()),
                         [](const auto& plugin) { return plugin.param.name; });

}  // namespace
}  // namespace slipway::test
