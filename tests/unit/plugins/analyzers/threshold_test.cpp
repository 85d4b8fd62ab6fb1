#include <gtest/gtest.h>

#include <slipway/interfaces/analyzer.hpp>
#include <slipway/testing/fake_host.hpp>
#include <slipway/testing/library.hpp>

#include "plugins/analyzers/threshold/counters.hpp"
#include "plugins/analyzers/threshold/false_alarm.hpp"
#include "tests/support/manifest_config.hpp"
#include "tests/support/page_table.hpp"

namespace slipway::threshold {
namespace {

using analyzer::Verdict;

class Threshold : public ::testing::Test {
 protected:
  Threshold() { EXPECT_TRUE(host.run().ok()); }

  analyzer::JudgeReply judge(std::map<std::string, double> values, std::map<std::string, double> baseline = {}) {
    analyzer::JudgeRequest request;
    request.groups = {{.role = "next", .values = std::move(values)}, {.role = "stable", .values = std::move(baseline)}};
    return ask(std::move(request));
  }
  analyzer::JudgeReply ask(analyzer::JudgeRequest request) {
    request.settings = json_text(settings);
    request.state = json_text(state);
    request.window.id = "w";
    auto reply = host.call<analyzer::Interface, analyzer::Judge>(request);
    EXPECT_TRUE(reply.ok()) << to_string(reply.status());
    if (!reply.ok()) return {};
    state = Json::parse(reply->state.text);
    return *reply;
  }
  analyzer::JudgeReply broken(const std::string& why) {
    analyzer::JudgeRequest request;
    request.source_error = why;
    return ask(std::move(request));
  }

  test::Library library{PLUGIN};
  test::FakeHost host{library.table()};
  Json settings;
  Json state;
};

TEST_F(Threshold, FailsAsSoonAsTheFailuresExceedTheirLimit) {
  settings = {{"success", "error_ratio < 0.05"}};
  const auto reply = judge({{"error_ratio", 0.198}, {"requests", 512}});
  EXPECT_EQ(reply.verdict, Verdict::fail);
  EXPECT_EQ(reply.code, "failure_limit");
  EXPECT_EQ(reply.reason, "error_ratio 0.198 of 512 requests is not < 0.05 (failure 1 of at most 0)");
  EXPECT_EQ(reply.method, "threshold/1");
  EXPECT_EQ(tree_of(reply.evidence), Json::parse(R"({"error_ratio": 0.198, "requests": 512.0})"));
}

TEST_F(Threshold, PassesAfterCountMeasurements) {
  settings = {{"success", "error_ratio < 5%"}, {"count", 3}, {"failure_limit", 1}};
  EXPECT_EQ(judge({{"error_ratio", 0.01}}).verdict, Verdict::proceed);
  EXPECT_EQ(judge({{"error_ratio", 0.2}}).reason, "error_ratio 0.2 is not < 5% (failure 1 of at most 1)");
  const auto reply = judge({{"error_ratio", 0.02}});
  EXPECT_EQ(reply.verdict, Verdict::pass);
  EXPECT_EQ(reply.reason, "error_ratio 0.02 is < 5% (measurement 3 of 3)");
  EXPECT_EQ(reply.measurements, 3);
}

TEST_F(Threshold, AWindowThatIsNotCoveredIsNoMeasurement) {
  settings = {{"success", "requests > 100"}, {"min_completeness", 0.9}, {"count", 1}, {"insufficient_data_limit", 1}};
  const auto covered = [&](double next, double stable) {
    return ask({.groups = {{.role = "next", .values = {{"requests", 90}}, .completeness = next},
                           {.role = "stable", .values = {{"requests", 90}}, .completeness = stable}}});
  };
  EXPECT_EQ(
      covered(0.4, 1).reason,
      "the numbers of the group next cover 40 % of this window, of the 90 % that are wanted (in a row 1 of at most "
      "1)");
  EXPECT_EQ(covered(0.4, 1).verdict, Verdict::insufficient_data);
  EXPECT_EQ(covered(0.95, 0.4).verdict, Verdict::fail) << "no condition reads the baseline";
  settings["success"] = "requests > baseline.requests / 2";
  state = {};
  EXPECT_EQ(covered(1, 0.4).code, "measuring");
  settings["flagger"] = {{"threshold", 1}};
  EXPECT_EQ(covered(0.4, 1).verdict, Verdict::insufficient_data) << "nor is it a failed check";
  settings["min_completeness"] = 1.5;
  const auto reply = host.call<analyzer::Interface, analyzer::Validate>({.settings = json_text(settings)});
  ASSERT_EQ(reply->problems.size(), 1U);
  EXPECT_EQ(reply->problems[0].path, "/min_completeness");
}

TEST_F(Threshold, TheReasonSaysWhatTheBaselineCameTo) {
  settings = {{"success", "latency_p99 <= baseline.latency_p99 * 1.2"}};
  EXPECT_EQ(judge({{"latency_p99", 250}}, {{"latency_p99", 200}}).reason,
            "latency_p99 250 is not <= baseline.latency_p99 * 1.2 = 240 (failure 1 of at most 0)");
}

TEST_F(Threshold, TheReasonNamesTheComparisonThatDecided) {
  settings = {{"success", "error_ratio < 5% and not latency_p99 > 250ms"}};
  EXPECT_EQ(judge({{"error_ratio", 0.01}, {"latency_p99", 412}}).reason,
            "latency_p99 412 is > 250ms (failure 1 of at most 0)");
}

TEST_F(Threshold, WithOnlyAFailureConditionTheOppositeIsSuccess) {
  settings = {{"failure", "error_ratio > 5%"}, {"count", 1}};
  EXPECT_EQ(judge({{"error_ratio", 0.01}}).verdict, Verdict::pass);
  EXPECT_EQ(judge({{"error_ratio", 0.06}}).verdict, Verdict::fail);
}

TEST_F(Threshold, WithBothConditionsWhatLiesBetweenIsInconclusive) {
  settings = {{"success", "error_ratio < 1%"}, {"failure", "error_ratio > 5%"}};
  const auto reply = judge({{"error_ratio", 0.03}});
  EXPECT_EQ(reply.verdict, Verdict::inconclusive);
  EXPECT_EQ(reply.reason, "error_ratio 0.03 is not < 1%, but that is no failure either (inconclusive 1 of at most 0)");
}

TEST_F(Threshold, WhatIsNoNumberIsInconclusive) {
  settings = {{"success", "failures / requests < 1%"}};
  const auto reply = judge({{"failures", 0}, {"requests", 0}});
  EXPECT_EQ(reply.verdict, Verdict::inconclusive);
  EXPECT_EQ(reply.reason,
            "failures / requests nan < 1% can't be told: it comes to no number (inconclusive 1 of at most 0)");
}

TEST_F(Threshold, AMissingValueIsInsufficientData) {
  settings = {{"success", "latency_p99 < 250ms"}};
  analyzer::JudgeRequest request;
  request.groups = {{.role = "next", .values = {{"requests", 3}}, .problem = "no access records yet"}};
  const auto reply = ask(std::move(request));
  EXPECT_EQ(reply.verdict, Verdict::insufficient_data);
  EXPECT_EQ(reply.reason, "there is no value latency_p99: no access records yet (in a row 1 of at most 0)");
}

TEST_F(Threshold, AMissingGroupOrBaselineIsInsufficientData) {
  settings = {{"success", "error_ratio <= baseline.error_ratio"}};
  EXPECT_EQ(judge({{"error_ratio", 0}}).reason, "there is no value baseline.error_ratio (in a row 1 of at most 0)");
  EXPECT_EQ(ask(analyzer::JudgeRequest{}).reason,
            "there is no value error_ratio: there are no samples of the group next (in a row 2 of at most 0)");
}

TEST_F(Threshold, FewerRequestsThanTheMinimumAreNeverSuccess) {
  settings = {{"success", "error_ratio < 5%"}, {"min_requests", 30}, {"count", 1}, {"insufficient_data_limit", 1}};
  const auto first = judge({{"error_ratio", 0}, {"requests", 12}});
  EXPECT_EQ(first.verdict, Verdict::proceed);
  EXPECT_EQ(first.reason, "only 12 of the 30 requests that a measurement needs (in a row 1 of at most 1)");
  EXPECT_EQ(judge({{"error_ratio", 1}, {"requests", 29}}).verdict, Verdict::insufficient_data);
  EXPECT_EQ(judge({{"error_ratio", 0}, {"requests", 30}}).verdict, Verdict::pass);
}

TEST_F(Threshold, ErrorsOfTheSourceAreToleratedInARow) {
  settings = {{"success", "error_ratio < 5%"}, {"consecutive_error_limit", 1}};
  EXPECT_EQ(broken("connection refused").verdict, Verdict::proceed);
  EXPECT_EQ(judge({{"error_ratio", 0}}).verdict, Verdict::proceed);
  EXPECT_EQ(broken("connection refused").verdict, Verdict::proceed);
  const auto reply = broken("connection refused");
  EXPECT_EQ(reply.verdict, Verdict::error);
  EXPECT_EQ(reply.reason, "the source failed: connection refused (error in a row 2 of at most 1)");
}

TEST_F(Threshold, CasesOfProbesAreValues) {
  settings = {{"success", "failed_cases == 0"}, {"count", 1}};
  analyzer::JudgeRequest request;
  request.groups = {{.role = "next", .cases = {{"login", true, ""}, {"search", false, "status 500"}}}};
  EXPECT_EQ(ask(std::move(request)).reason, "failed_cases 1 is not == 0 (failure 1 of at most 0)");
  EXPECT_EQ(ask(analyzer::JudgeRequest{.groups = {{.role = "next"}}}).verdict, Verdict::fail)
      << "the failure before still counts";
}

TEST_F(Threshold, FlaggerCountsErrorsAsFailedChecks) {
  settings = {{"success", "error_ratio < 5%"}, {"flagger", {{"threshold", 3}}}};
  EXPECT_EQ(judge({{"error_ratio", 0.9}}).verdict, Verdict::proceed);
  EXPECT_EQ(broken("timeout").verdict, Verdict::proceed);
  EXPECT_EQ(judge({{"error_ratio", 0}}).verdict, Verdict::proceed);
  const auto reply = broken("timeout");
  EXPECT_EQ(reply.verdict, Verdict::fail);
  EXPECT_EQ(reply.reason, "the source failed: timeout (failure 3 of at most 2)");
}

TEST_F(Threshold, NoTrafficIsNoFailedCheck) {
  settings = {{"success", "error_ratio < 5%"}, {"flagger", {{"threshold", 1}}}};
  for (int window = 0; window < 3; ++window) {
    const auto reply = judge({{"requests", 0}});
    EXPECT_EQ(reply.verdict, Verdict::insufficient_data);
    EXPECT_EQ(reply.reason, "there is no value error_ratio (in a row " + std::to_string(window + 1) + " of at most 0)");
  }
  EXPECT_EQ(judge({{"requests", 500}, {"error_ratio", 0.9}}).verdict, Verdict::fail);
}

TEST_F(Threshold, NorAreFewRequestsWhereMoreAreWanted) {
  settings = {{"success", "error_ratio < 5%"},
              {"flagger", {{"threshold", 1}}},
              {"min_requests", 200},
              {"insufficient_data_limit", 1}};
  EXPECT_EQ(judge({{"requests", 10}, {"error_ratio", 0.9}}).verdict, Verdict::proceed);
  EXPECT_EQ(judge({{"requests", 0}}).verdict, Verdict::insufficient_data);
  EXPECT_EQ(judge({{"requests", 500}, {"error_ratio", 0.9}}).verdict, Verdict::fail);
}

// 60 measurements of so many requests each, against a baseline in which 0.5 % fail.
TEST_F(Threshold, TellsTheChanceOfAFalseAlarmThatItsLimitsImply) {
  settings = {{"success", "error_ratio <= 1%"}, {"count", 60}};
  const auto implied = [&](double requests) {
    state = {};
    return judge({{"requests", requests}, {"failures", 0}, {"error_ratio", 0}}, {{"requests", 2000}, {"failures", 10}});
  };
  EXPECT_NEAR(tree_of(implied(100).evidence)["false_alarm"], 0.996471653817267, 1e-9);
  EXPECT_EQ(
      implied(100).reason,
      "error_ratio 0 of 100 requests is <= 1% (measurement 1 of 60); these limits fail a release like the running "
      "one with a chance of 99.6 % at this traffic");
  EXPECT_EQ(implied(3000).reason, "error_ratio 0 of 3000 requests is <= 1% (measurement 1 of 60)");
  EXPECT_LT(tree_of(implied(3000).evidence)["false_alarm"], 0.02);
  settings["failure_limit"] = 3;
  EXPECT_NEAR(tree_of(implied(600).evidence)["false_alarm"], 0.1375825136942601, 1e-9);
}

TEST_F(Threshold, ClaimsNothingOfConditionsThatItCannotSuppose) {
  const std::map<std::string, double> stable{{"requests", 2000}, {"failures", 10}, {"latency_p99", 90}};
  const std::map<std::string, double> next{{"requests", 100}, {"error_ratio", 0}, {"latency_p99", 80}};
  settings = {{"success", "latency_p99 < 100"}};
  EXPECT_FALSE(tree_of(judge(next, stable).evidence).contains("false_alarm")) << "not of requests";
  settings = {{"success", "error_ratio < 5%"}};
  state = {};
  EXPECT_FALSE(tree_of(judge(next).evidence).contains("false_alarm")) << "no baseline";
  settings = {{"success", "error_ratio < 5%"}, {"failure_limit", -1}};
  state = {};
  EXPECT_FALSE(tree_of(judge(next, stable).evidence).contains("false_alarm")) << "it never fails";
}

TEST(BinomialTail, IsTheOneThatWasComputedApart) {
  const auto expect_tail = [](std::int64_t trials, double chance, std::int64_t least, double wanted) {
    EXPECT_NEAR(binomial_tail(trials, chance, least), wanted, 1e-9 * wanted);
  };
  expect_tail(100, 0.005, 2, 0.0898223089913179);
  expect_tail(600, 0.005, 7, 0.033130099972381755);
  expect_tail(600, 0.008, 7, 0.20851968657358377);
  expect_tail(3000, 0.005, 31, 0.0001891400072366269);
  expect_tail(60, 0.0001891400072366269, 4, 6.187979306662792e-10);
  expect_tail(60, 0.0898223089913179, 1, 0.996471653817267);
  EXPECT_EQ(binomial_tail(10, 0.5, 0), 1);
  EXPECT_EQ(binomial_tail(10, 0.5, 11), 0);
  EXPECT_EQ(binomial_tail(10, 0, 1), 0);
  EXPECT_EQ(binomial_tail(10, 1, 10), 1);
  EXPECT_NEAR(binomial_tail(std::int64_t{1} << 40, 0.5, std::int64_t{1} << 39), 0.5, 1e-3);
}

TEST_F(Threshold, FaultyConditionsAreRefusedWithPathAndColumn) {
  const auto reply = host.call<analyzer::Interface, analyzer::Validate>(
      {.settings = json_text({{"success", "a <"}, {"failure", "b"}})});
  ASSERT_TRUE(reply.ok());
  ASSERT_EQ(reply->problems.size(), 2U);
  EXPECT_EQ(reply->problems[0].path + ": " + reply->problems[0].message,
            "/success: column 4: want a number, a name or \"(\", not the end");
  EXPECT_EQ(reply->problems[1].path + ": " + reply->problems[1].message,
            "/failure: want a condition like \"error_ratio < 5%\", this is a number");
}

TEST_F(Threshold, WithoutAConditionItIsRefused) {
  const auto reply = host.call<analyzer::Interface, analyzer::Validate>({.settings = {"{}"}});
  ASSERT_EQ(reply->problems.size(), 1U);
  EXPECT_EQ(reply->problems[0].message, "want success, failure or both");
}

TEST_F(Threshold, ItWarnsOfWhatNeverPassesAndOfSingleRequests) {
  const auto reply =
      host.call<analyzer::Interface, analyzer::Validate>({.settings = json_text({{"success", "a < 1"}})});
  EXPECT_EQ(reply->warnings.size(), 2U);
  const auto fine = host.call<analyzer::Interface, analyzer::Validate>(
      {.settings = json_text({{"success", "a < 1"}, {"count", 3}, {"min_requests", 30}})});
  EXPECT_TRUE(fine->warnings.empty());
}

TEST_F(Threshold, ItSaysHowManyWindowsItTakesAtLeast) {
  const auto least = [&](Json limits) {
    limits["success"] = "a < 1";
    return host.call<analyzer::Interface, analyzer::Validate>({.settings = json_text(limits)})->least_windows;
  };
  EXPECT_EQ(least({{"count", 3}}), 3);
  EXPECT_EQ(least({{"count", 5}, {"consecutive_success_limit", 2}}), 2);
  EXPECT_EQ(least(Json::object()), 0) << "it goes on for ever";
}

Measurement measurement_of(char letter) {
  switch (letter) {
    case 's':
      return Measurement::success;
    case 'f':
      return Measurement::failure;
    case 'i':
      return Measurement::inconclusive;
    case 'e':
      return Measurement::error;
    default:
      return Measurement::insufficient;
  }
}

// The first table of the page: measurements by letter, and the verdict after the last.
TEST(TruthTable, HoldsAsThePageSays) {
  const auto rows = test::table_in("docs/reference/verdicts.md", "Measurements become a verdict");
  ASSERT_GE(rows.size(), 30U);
  for (const auto& row : rows) {
    const auto settings = decode_text<Settings>(row.at("settings"), "settings");
    ASSERT_TRUE(settings.ok()) << to_string(settings.status());
    State state;
    Ruling ruling;
    for (const char letter : row.at("measurements")) {
      const auto measured = effective(*settings, measurement_of(letter));
      count(state, measured);
      ruling = rule(effective(*settings), state, measured);
    }
    EXPECT_EQ(to_name(ruling.verdict), row.at("verdict")) << row.at("measurements");
    EXPECT_EQ(ruling.code, row.at("code")) << row.at("measurements");
  }
}

TEST_F(Threshold, ThePackagesSchemaIsThatOfTheSettings) {
  EXPECT_EQ(test::config_in(MANIFEST), schema_of_defaults<Settings>()) << schema_of_defaults<Settings>().dump(2);
}

}  // namespace
}  // namespace slipway::threshold
