#include "tools/backtest/report.hpp"

#include <gtest/gtest.h>

namespace slipway::backtest {
namespace {

using analyzer::JudgeReply;
using analyzer::JudgeRequest;
using analyzer::Verdict;

Recording minutes(int windows) {
  Recording recording{seconds(60), {}};
  for (int i = 0; i < windows; ++i)
    recording.windows.push_back({Instant{} + seconds(60 * i), {{.role = "next", .values = {{"requests", 100.0 + i}}}}});
  return recording;
}

// Counts its looks in the state and fails at the third.
Result<JudgeReply> fails_at_the_third(const JudgeRequest& request) {
  const int look = request.state.is_null() ? 1 : Json::parse(request.state.text)["look"].get<int>() + 1;
  return JudgeReply{.state = json_text({{"look", look}}),
                    .verdict = look == 3 ? Verdict::fail : Verdict::proceed,
                    .code = "counted",
                    .reason = "look <" + std::to_string(look) + ">",
                    .method = "count/1",
                    .evidence = json_text({{"log_evidence", look}, {"threshold", 3}})};
}

Summary summary_of(int windows) {
  Summary summary{.request = {.file = "m.csv", .analyzer = "count"}, .recording = minutes(windows)};
  summary.first = *run(summary.recording, Json::object(), 1, fails_at_the_third);
  summary.runs = {summary.first};
  return summary;
}

TEST(Backtest, LooksAfterEachWindowUntilItIsDecided) {
  const backtest::Run run = summary_of(10).first;
  EXPECT_EQ(run.looks.size(), 3U);
  EXPECT_TRUE(run.decided());
  EXPECT_EQ(run.method, "count/1");
  EXPECT_EQ(run.looks[2].at, Instant{} + seconds(180));
  EXPECT_EQ(run.looks[2].next_requests, 102);
  EXPECT_EQ(run.looks[2].stable_requests, std::nullopt);
}

TEST(Backtest, TellsTheAnalyzerWhatARolloutTellsIt) {
  Recording recording = minutes(2);
  recording.windows[1].weight = share(10);
  std::vector<std::optional<std::uint32_t>> weights;
  const auto ends = run(recording, Json::object(), 0.25, [&](const JudgeRequest& request) {
    weights.push_back(request.weight);
    EXPECT_EQ(request.alpha_share, 0.25);
    return fails_at_the_third(request);
  });
  EXPECT_TRUE(ends.ok());
  EXPECT_EQ(weights, (std::vector<std::optional<std::uint32_t>>{std::nullopt, 100'000}));
}

TEST(Backtest, EndsWithWhatTheAnalyzerRefuses) {
  const auto refused = run(minutes(3), Json::object(), 1, [](const JudgeRequest&) -> Result<JudgeReply> {
    return Status(Code::invalid_argument, "the settings are not valid");
  });
  EXPECT_EQ(refused.status().message, "the settings are not valid");
}

TEST(BacktestReport, SaysWhenItWasDecidedAndWhy) {
  const Summary summary = summary_of(10);
  EXPECT_EQ(text_of(summary),
            "AT                    AFTER  VERDICT   REASON\n"
            "1970-01-01T00:01:00Z  1m     continue  look <1>\n"
            "1970-01-01T00:03:00Z  3m     fail      look <3>\n"
            "count over m.csv: fail after 3m, 3 looks\n");
  const Json document = document_of(summary);
  EXPECT_EQ(document["verdict"], "fail");
  EXPECT_EQ(document["after"], "3m");
  EXPECT_EQ(document["looks"].size(), 3U);
  EXPECT_EQ(document["looks"][1]["evidence"]["log_evidence"], 2);
  EXPECT_FALSE(document.contains("runs"));
}

TEST(BacktestReport, SaysThatNothingWasDecided) {
  const Summary summary = summary_of(2);
  EXPECT_EQ(document_of(summary)["decided"], false);
  EXPECT_NE(text_of(summary).find("undecided (continue) after 2m, 2 looks"), std::string::npos);
}

TEST(BacktestReport, PassesOnWhatTheSourceWarnedOf) {
  Summary summary = summary_of(2);
  EXPECT_FALSE(document_of(summary).contains("warnings"));
  summary.recording.warnings = {"partial", "slow <up>"};
  EXPECT_EQ(document_of(summary)["warnings"], Json({"partial", "slow <up>"}));
  EXPECT_NE(text_of(summary).find("look <2>\nwarning: partial\nwarning: slow <up>\n"), std::string::npos);
  EXPECT_NE(page_of(summary).find("warning: partial\nwarning: slow &lt;up&gt;\n"), std::string::npos);
}

TEST(BacktestReport, CountsFalseAlarmsOfManyRuns) {
  Summary summary = summary_of(10);
  summary.runs = {summary.first, summary_of(2).first, summary_of(3).first};
  const Json runs = document_of(summary)["runs"];
  EXPECT_EQ(runs["false_alarms"], 2);
  EXPECT_EQ(runs["undecided"], 1);
  EXPECT_EQ(runs["median_time_to_false_alarm"], "3m");
  EXPECT_NE(text_of(summary).find(
                "of 3 runs 2 raised a false alarm after 3m, 0 passed, 1 did not decide (times are medians)\n"),
            std::string::npos)
      << text_of(summary);
}

TEST(BacktestReport, TellsDetectionsOfManyRunsFromAlarmsBeforeTheInjection) {
  Summary summary = summary_of(10);
  backtest::Run early = summary.first;
  early.looks.resize(1);
  early.looks.back().verdict = Verdict::fail;
  summary.runs = {summary.first, early, summary_of(2).first};
  summary.injected_after = seconds(120);
  const Json runs = document_of(summary)["runs"];
  EXPECT_EQ(runs["detections"], 1);
  EXPECT_EQ(runs["median_time_to_detection"], "1m");
  EXPECT_EQ(runs["false_alarms"], 1);
  EXPECT_NE(text_of(summary).find("of 3 runs 1 detected the injection after 1m, 1 raised a false alarm after 1m, "
                                  "0 passed, 1 did not decide"),
            std::string::npos)
      << text_of(summary);
}

TEST(BacktestReport, TellsTheTimeFromTheInjectionToTheFailure) {
  Summary summary = summary_of(10);
  summary.request.inject = {"error_ratio=+1%@1m"};
  summary.injected_after = seconds(60);
  EXPECT_EQ(document_of(summary)["time_to_detection"], "2m");
  EXPECT_NE(text_of(summary).find("detected 2m after the injection\n"), std::string::npos);
  summary.injected_after = seconds(600);
  EXPECT_FALSE(document_of(summary).contains("time_to_detection")) << "it failed before";
}

TEST(BacktestReport, AnAlarmOverWindowsThatBeganBeforeTheInjectionDidNotDetectIt) {
  Summary summary = summary_of(10);  // fails at the third minute's end
  summary.runs = {summary.first, summary.first};
  for (const std::int64_t after : {121, 150, 180}) {
    summary.injected_after = seconds(after);
    EXPECT_FALSE(document_of(summary).contains("time_to_detection")) << after;
    EXPECT_EQ(document_of(summary)["runs"]["false_alarms"], 2) << after;
  }
  summary.injected_after = seconds(120);
  EXPECT_EQ(document_of(summary)["time_to_detection"], "1m");
}

TEST(BacktestPage, HasTheChartsThatTheEvidenceHasNumbersForAndNeedsNoOtherFile) {
  const std::string page = page_of(summary_of(10));
  EXPECT_NE(page.find("Evidence against its threshold"), std::string::npos);
  EXPECT_NE(page.find("Requests in each window"), std::string::npos);
  EXPECT_EQ(page.find("Estimate"), std::string::npos) << "there is none in this evidence";
  EXPECT_NE(page.find("look &lt;3&gt;"), std::string::npos) << "texts are escaped";
  for (const char* reference : {"<script", "http:", "https:", "src=", "href="})
    EXPECT_EQ(page.find(reference), std::string::npos) << reference;
}

TEST(BacktestPage, DrawsTheBandOfTheEstimate) {
  Summary summary = summary_of(10);
  for (Look& look : summary.first.looks)
    look.evidence["tracks"] = {{{"ratio", 2.0}, {"ratio_low", 1.0}, {"ratio_high", 3.0}}};
  const std::string page = page_of(summary);
  EXPECT_NE(page.find("<polygon"), std::string::npos);
  EXPECT_NE(page.find("Estimate, with its band"), std::string::npos);
}

}  // namespace
}  // namespace slipway::backtest
