#include "host/rollout/windows.hpp"

#include <gmock/gmock.h>

#include "tests/support/page_table.hpp"

namespace slipway::rollout {
namespace {

constexpr Instant kBegin{1'700'000'000'000'000'000};

class Windows : public testing::Test {
 protected:
  Windows() {
    run.wanted = {.name = "errors", .run = "2"};
    run.begin = kBegin;
    rollout.id = "r1";
    spec.interval = seconds(5);
  }
  AnalysisRun run;
  AnalysisSpec spec;
  Rollout rollout;
};

TEST_F(Windows, LieOnAGridThatBeginsWithTheRun) {
  run.window = 3;
  const auto window = next_window(run, spec, rollout, kBegin + seconds(17));
  EXPECT_EQ(window.id, "r1.1/errors/2/3");
  EXPECT_EQ(window.from, kBegin + seconds(15));
  EXPECT_EQ(window.to, kBegin + seconds(20));
}

TEST_F(Windows, OneThatIsJustOverIsStillJudgedUnderItsNumber) {
  run.window = 3;
  EXPECT_EQ(next_window(run, spec, rollout, kBegin + seconds(21)).id, "r1.1/errors/2/3");
}

TEST_F(Windows, ThoseThatPassedUnseenAreLeftOut) {
  run.window = 3;
  const auto window = next_window(run, spec, rollout, kBegin + seconds(63));
  EXPECT_EQ(window.from, kBegin + seconds(55));
  EXPECT_EQ(run.window, 11);
}

TEST_F(Windows, AClockThatIsSetBackStartsANewGridAndKeepsTheNumber) {
  run.window = 3;
  const auto window = next_window(run, spec, rollout, kBegin - seconds(1'000));
  EXPECT_EQ(window.id, "r1.1/errors/2/3");
  EXPECT_EQ(window.from, kBegin - seconds(1'000));
}

TEST_F(Windows, VerdictsBecomeFindingsAsThePageSays) {
  const auto rows = test::table_in("docs/reference/verdicts.md", "A verdict becomes a finding");
  EXPECT_EQ(rows.size(), enum_names(analyzer::Verdict{}).size());
  for (const auto& row : rows) {
    const auto verdict = enum_from<analyzer::Verdict>(row.at("verdict"));
    ASSERT_TRUE(verdict) << row.at("verdict");
    EXPECT_EQ(to_name(finding_of(*verdict, AnalysisSpec{})), row.at("hold")) << row.at("verdict");
    for (const auto& [policy, name] : enum_names(Policy{})) {
      spec.on_inconclusive = spec.on_insufficient_data = spec.on_error = policy;
      EXPECT_EQ(to_name(finding_of(*verdict, spec)), row.at(std::string(name))) << row.at("verdict");
    }
  }
}

TEST_F(Windows, AJudgementIsKeptWholeAndJournalled) {
  analyzer::JudgeReply reply;
  reply.verdict = analyzer::Verdict::fail;
  reply.code = "failure_limit";
  reply.reason = "too many";
  reply.method = "threshold/1";
  EXPECT_TRUE(take_judgement(run, spec, reply));
  EXPECT_EQ(run.status.code, "failure_limit");
  const auto entry = verdict_entry(run, {}, {}, kBegin);
  const Json detail = tree_of(entry.detail);
  EXPECT_EQ(detail.at("code"), "failure_limit");
  EXPECT_EQ(detail.at("method"), "threshold/1");
}

TEST_F(Windows, AWarningIsKeptOnceHoweverLongItIs) {
  AnalysisStatus status;
  const std::string longest(1'000, 'w');
  take_warnings(status, {"short", longest});
  take_warnings(status, {longest, "short"});
  EXPECT_EQ(status.warnings, (std::vector<std::string>{"short", longest.substr(0, 256)}));
}

}  // namespace
}  // namespace slipway::rollout
