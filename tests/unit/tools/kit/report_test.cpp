#include "tools/kit/report.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <slipway/json.hpp>

namespace slipway::kit {
namespace {

using ::testing::HasSubstr;

class Reports : public ::testing::Test {
 protected:
  static kit::Test test(std::string name) { return {.group = "calls", .name = std::move(name), .what = "", .run = {}}; }

  const kit::Test good_ = test("good");
  const kit::Test bad_ = test("bad");
  const kit::Test odd_ = test("odd");
  kit::Run run_{
      .id = "acme.echo",
      .version = "1.2.3",
      .digest = "00",
      .package = "acme.echo/1.2.3",
      .seed = 42,
      .level = Level::core,
      .date = "2026-03-01T12:00:00Z",
      .tests = {{&good_, {Verdict::pass, ""}, std::chrono::milliseconds(12)},
                {&bad_, {Verdict::crash, "ended by SIGSEGV <in> \"invoke\""}, std::chrono::milliseconds(1005)},
                {&odd_, {Verdict::warn, "is odd"}, std::chrono::milliseconds(1)}}};
};

TEST_F(Reports, ForPeopleNameTheFailureAndTheCommandThatRepeatsIt) {
  EXPECT_EQ(as_text(run_),
            "acme.echo 1.2.3, level core, seed 42\n"
            "pass  calls.good\n"
            "crash calls.bad: ended by SIGSEGV <in> \"invoke\"\n"
            "      again: slipway plugin test acme.echo/1.2.3 --only calls.bad --seed 42\n"
            "warn  calls.odd: is odd\n"
            "      again: slipway plugin test acme.echo/1.2.3 --only calls.odd --seed 42\n"
            "1 pass, 1 warn, 1 crash\n");
}

TEST_F(Reports, RepeatAFailureWithAllThatItDependsOn) {
  run_.package = "it's/acme.echo";
  run_.config = "my config.json";
  run_.key = "keys/acme.pub";
  EXPECT_THAT(as_text(run_), HasSubstr("again: slipway plugin test 'it'\\''s/acme.echo' --only calls.bad --seed 42 "
                                       "--config 'my config.json' --key keys/acme.pub\n"));
}

TEST_F(Reports, ForProgramsHoldEveryTest) {
  const Json document = Json::parse(as_json(run_));
  EXPECT_EQ(document["plugin"], "acme.echo");
  EXPECT_EQ(document["version"], "1.2.3");
  EXPECT_EQ(document["library_sha256"], "00");
  EXPECT_EQ(document["level"], "core");
  EXPECT_EQ(document["seed"], 42);
  EXPECT_EQ(document["date"], "2026-03-01T12:00:00Z");
  EXPECT_EQ(document["passed"], false);
  EXPECT_EQ(document["counts"]["crash"], 1);
  EXPECT_EQ(document["tests"][1]["verdict"], "crash");
  EXPECT_EQ(document["tests"][1]["milliseconds"], 1005);
}

TEST_F(Reports, ForContinuousIntegrationAreEscaped) {
  const std::string text = as_junit(run_);
  EXPECT_THAT(text, HasSubstr("tests=\"3\" failures=\"1\" skipped=\"0\" time=\"1.018\""));
  EXPECT_THAT(text, HasSubstr("<failure message=\"crash: ended by SIGSEGV &lt;in&gt; &quot;invoke&quot;\">"));
}

TEST_F(Reports, ForContinuousIntegrationHoldWhatXmlCanHold) {
  run_.tests[1].outcome.reason = "says \x01 \xff \xef\xbf\xbf \xef\xbf\xbe";
  const std::string replaced = "\xef\xbf\xbd";
  EXPECT_THAT(as_junit(run_), HasSubstr("crash: says   " + replaced + " " + replaced + " " + replaced + "\">"));
}

TEST_F(Reports, AWarningFailsOnlyAtLevelPedantic) {
  run_.tests.erase(run_.tests.begin() + 1);
  EXPECT_FALSE(has_failed(run_));
  run_.level = Level::pedantic;
  EXPECT_TRUE(has_failed(run_));
}

TEST(Selection, AGroupIsChosenByItsNameAndATestInFullWhateverItsLevel) {
  for (const kit::Test& test : select(Level::core, "unload")) EXPECT_EQ(test.group, "unload");
  EXPECT_FALSE(select(Level::core, "unload").empty());
  EXPECT_TRUE(select(Level::core, "state").empty());
  EXPECT_EQ(select(Level::core, "state.survives_a_hand_over").size(), 1U);
  EXPECT_TRUE(select(Level::pedantic, "nothing").empty());
}

TEST(Selection, EachLevelHasTheTestsOfThoseBeforeItAndMore) {
  const auto names = [](Level level) {
    std::vector<std::string> all;
    for (const kit::Test& test : select(level, "")) all.push_back(test.full_name());
    return all;
  };
  const auto core = names(Level::core);
  const auto swap = names(Level::swap);
  const auto isolated = names(Level::isolated);
  EXPECT_THAT(swap, ::testing::IsSupersetOf(core));
  EXPECT_THAT(isolated, ::testing::IsSupersetOf(swap));
  EXPECT_LT(core.size(), swap.size());
  EXPECT_LT(swap.size(), isolated.size());
  EXPECT_EQ(names(Level::pedantic), isolated);
}

TEST(Selection, EveryNeedIsATestThatRunsBefore) {
  std::vector<std::string> before;
  for (const kit::Test& test : all_tests()) {
    if (!test.needs.empty()) {
      EXPECT_THAT(before, ::testing::Contains(test.needs)) << test.full_name();
    }
    before.push_back(test.full_name());
  }
}

}  // namespace
}  // namespace slipway::kit
