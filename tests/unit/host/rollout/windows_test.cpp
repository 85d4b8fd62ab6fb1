#include "host/rollout/windows.hpp"

#include <gmock/gmock.h>

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

TEST_F(Windows, PoliciesDecideAboutWhatIsNeitherPassNorFail) {
  using analyzer::Verdict;
  using strategy::Finding;
  EXPECT_EQ(finding_of(Verdict::pass, spec), Finding::passed);
  EXPECT_EQ(finding_of(Verdict::fail, spec), Finding::failed);
  EXPECT_EQ(finding_of(Verdict::proceed, spec), Finding::running);
  EXPECT_EQ(finding_of(Verdict::insufficient_data, spec), Finding::held) << "no data is never success";
  spec.on_insufficient_data = Policy::rollback;
  spec.on_inconclusive = Policy::promote;
  EXPECT_EQ(finding_of(Verdict::insufficient_data, spec), Finding::failed);
  EXPECT_EQ(finding_of(Verdict::inconclusive, spec), Finding::passed);
  EXPECT_EQ(finding_of(Verdict::error, spec), Finding::held);
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
