#include "plugins/metrics/probe/tap.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace slipway::probe {
namespace {

using Part = Outcome::Part;
using Ending = Outcome::Result;
using testing::ElementsAre;

TEST(Tap, EachTestIsAPart) {
  EXPECT_THAT(parts_of_tap("TAP version 14\n1..3\nok 1 - opens\nnot ok 2 - pays\n# got 500\n# and more\nok 3\n"),
              ElementsAre(Part{"opens", true, ""}, Part{"pays", false, "got 500"}, Part{"test 3", true, ""}));
}

TEST(Tap, SkippedTestsAreNoneAndTodoPasses) {
  EXPECT_THAT(parts_of_tap("ok 1 - mails # SKIP no server\nnot ok 2 - prints # todo later\nok 3 - a # b\r\n1..3\n"),
              ElementsAre(Part{"prints", true, "todo"}, Part{"a", true, ""}));
  EXPECT_THAT(parts_of_tap("1..0 # SKIP nothing to do\n"), ElementsAre());
}

TEST(Tap, SubtestsAndOtherTextAreLeftOut) {
  EXPECT_THAT(parts_of_tap("hello\n    ok 1 - inner\n    1..1\nok 1 - outer\nokay\nnot okay\n1..1"),
              ElementsAre(Part{"outer", true, ""}));
}

TEST(Tap, AReportThatIsNotWholeHasAPartThatFails) {
  EXPECT_THAT(parts_of_tap(""), ElementsAre(Part{"report", false, "there is no plan (1..N)"}));
  EXPECT_THAT(parts_of_tap("1..3\nok 1 - a\n"),
              ElementsAre(Part{"a", true, ""}, Part{"report", false, "1 of 3 planned tests were reported"}));
  EXPECT_THAT(parts_of_tap("1..3\nok 1 - a\nBail out! no database\nok 2 - b\n"),
              ElementsAre(Part{"a", true, ""}, Part{"report", false, "bailed out: no database"}));
}

TEST(Tap, TheExitStatusCountsWhereTheTestsSayNothing) {
  Outcome outcome = outcome_of_tap("1..1\nok 1 - a\n", "");
  EXPECT_EQ(outcome.result, Ending::passed);
  outcome = outcome_of_tap("1..1\nok 1 - a\n", "exit status 3");
  EXPECT_EQ(outcome.result, Ending::failed);
  EXPECT_THAT(outcome.parts, ElementsAre(Part{"a", true, ""}, Part{"end", false, "exit status 3"}));
  outcome = outcome_of_tap("1..1\nnot ok 1 - a\n", "exit status 1");
  EXPECT_THAT(outcome.parts, ElementsAre(Part{"a", false, ""}));
  EXPECT_EQ(outcome.detail, "1 of 1 tests failed");
}

TEST(Tap, LongReportsAndNamesAreBounded) {
  std::string text = "1..1000\n";
  for (int i = 0; i < 1'000; ++i) text += "ok - " + std::string(1'000, 'x') + "\n";
  const auto parts = parts_of_tap(text);
  EXPECT_EQ(parts.size(), 256U);
  EXPECT_EQ(parts[0].name.size(), 200U);
}

}  // namespace
}  // namespace slipway::probe
