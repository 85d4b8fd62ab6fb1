#include <gtest/gtest.h>

#include <slipway/testing/fake_host.hpp>
#include <slipway/testing/library.hpp>

#include "plugins/analyzers/forecast/settings.hpp"
#include "tests/support/manifest_config.hpp"

namespace slipway::forecast {
namespace {

using analyzer::Verdict;

constexpr std::int64_t kHour = 3'600;

class ForecastPlugin : public ::testing::Test {
 protected:
  ForecastPlugin() {
    EXPECT_TRUE(host.run().ok());
    settings = {{"value", "memory"}, {"limit", 200}, {"windows", 20}};
  }
  // The window of that number, an hour long.
  analyzer::JudgeReply ask(std::int64_t number, std::map<std::string, double> next,
                           std::map<std::string, double> stable = {}, const std::string& source_error = "") {
    analyzer::JudgeRequest request{
        .settings = json_text(settings), .state = json_text(state), .source_error = source_error};
    request.window = {"w" + std::to_string(number), Instant{} + seconds(kHour * number),
                      Instant{} + seconds(kHour * (number + 1))};
    request.groups = {{.role = "next", .values = std::move(next)}, {.role = "stable", .values = std::move(stable)}};
    const auto reply = host.call<analyzer::Interface, analyzer::Judge>(request);
    last = reply.status();
    if (!reply.ok()) return {};
    state = Json::parse(reply->state.text);
    return *reply;
  }
  // A value that grows by `slope` an hour from 100 on; the answer to the last of these windows.
  analyzer::JudgeReply grow(double slope, std::int64_t windows, std::int64_t first = 0) {
    analyzer::JudgeReply reply;
    for (std::int64_t i = first; i < windows; ++i) reply = ask(i, {{"memory", 100 + slope * static_cast<double>(i)}});
    return reply;
  }

  test::Library library{PLUGIN};
  test::FakeHost host{library.table()};
  Json settings;
  Json state;
  Status last;
};

TEST_F(ForecastPlugin, SaysWhenTheLimitIsReachedAndPassesAllTheSame) {
  EXPECT_EQ(grow(4, 19).verdict, Verdict::proceed);
  const auto reply = grow(4, 20, 19);
  EXPECT_EQ(reply.verdict, Verdict::pass) << "it advises";
  EXPECT_EQ(reply.code, "exhaustion");
  EXPECT_EQ(reply.reason,
            "memory is 176 and reaches 200 in 6h, perhaps in 6h (theil_sen over 20 windows; advice only)");
  EXPECT_EQ(tree_of(reply.evidence)["time_to_exhaustion"], "6h");
  EXPECT_EQ(tree_of(reply.evidence)["estimate"], 272.0) << "a day ahead";
  EXPECT_EQ(reply.method, "forecast/1");
  EXPECT_EQ(reply.measurements, 20);
}

TEST_F(ForecastPlugin, SaysThatItSuffices) {
  const auto reply = grow(1, 20);
  EXPECT_EQ(reply.verdict, Verdict::pass);
  EXPECT_EQ(reply.code, "enough");
  EXPECT_EQ(reply.reason,
            "memory is 119 and does not reach 200 within 24h: 143 then, perhaps 143 (theil_sen over 20 windows; advice "
            "only)");
  EXPECT_FALSE(tree_of(reply.evidence).contains("time_to_exhaustion"));
}

TEST_F(ForecastPlugin, SeesWhatFallsToItsLimit) {
  settings["toward"] = "below";
  settings["limit"] = 0;
  EXPECT_EQ(tree_of(grow(-4, 20).evidence)["time_to_exhaustion"], "6h");
}

TEST_F(ForecastPlugin, AddsBothGroupsWhereThatIsAsked) {
  settings["of"] = "both";
  EXPECT_EQ(ask(0, {{"memory", 1}}, {{"memory", 2}}).reason, "memory is 3; one point tells no course");
}

// Whatever is wrong with the release, and whatever comes out.
TEST_F(ForecastPlugin, NeverFailsARollout) {
  for (const double slope : {-1e16, -5.0, 0.0, 7.0, 1e16}) {
    state = {};
    for (std::int64_t i = 0; i < 40; ++i) {
      const auto verdict = ask(i, {{"memory", slope * static_cast<double>(i)}}).verdict;
      ASSERT_TRUE(last.ok()) << to_string(last);
      EXPECT_TRUE(verdict == Verdict::proceed || verdict == Verdict::pass) << slope;
    }
  }
}

TEST_F(ForecastPlugin, AWeekOfHoursIsASeasonAndFallsBackWithoutThree) {
  settings["season"] = "14h";
  settings["windows"] = 1'000;
  EXPECT_EQ(tree_of(grow(1, 2).evidence)["method"], "linear");
  EXPECT_EQ(tree_of(grow(1, 41, 2).evidence)["method"], "theil_sen_of_maxima");
  EXPECT_EQ(tree_of(grow(1, 42, 41).evidence)["method"], "seasonal_theil_sen");
  settings["method"] = "holt_winters";
  EXPECT_EQ(tree_of(grow(1, 43, 42).evidence)["method"], "holt_winters");
  settings["method"] = "linear";
  EXPECT_EQ(tree_of(grow(1, 44, 43).evidence)["method"], "linear");
}

// Of windows of an hour 672 are kept: three seasons of 224 of them, or two of 336.
TEST_F(ForecastPlugin, SaysThatASeasonIsTooLongForItsWindows) {
  settings["windows"] = 1'000;
  const auto warning = [&](const char* method, const char* season) {
    settings["method"] = method;
    settings["season"] = season;
    state = {};
    return tree_of(grow(1, 2).evidence).value("warning", "");
  };
  const std::string told =
      "the season of 225h is never known: 3 of them have 675 windows of 1h, and 672 are kept; want windows of at least "
      "1h17s";
  EXPECT_EQ(warning("theil_sen", "225h"), told);
  EXPECT_TRUE(grow(1, 3, 2).reason.ends_with("advice only); " + told));
  EXPECT_EQ(warning("theil_sen", "224h"), "");
  EXPECT_EQ(warning("holt_winters", "336h"), "");
  EXPECT_TRUE(warning("holt_winters", "337h").starts_with("the season of 337h is never known: 2 of them have 674"));
  EXPECT_EQ(warning("linear", "9000h"), "") << "it has no use for one";
  EXPECT_EQ(warning("theil_sen", "0s"), "");
}

TEST_F(ForecastPlugin, KeepsTheNewestPointsWithinFourKibibytes) {
  settings["method"] = "linear";
  EXPECT_EQ(tree_of(grow(0.125, 700).evidence)["points"], 672);
  EXPECT_LE(state.dump().size(), 4'096U);
}

TEST_F(ForecastPlugin, AWindowIsTakenInOnceAndAnOlderOneNever) {
  grow(4, 10);
  const Json before = state;
  grow(4, 10, 9);
  EXPECT_EQ(state, before);
  ask(3, {{"memory", 9'000}});
  EXPECT_EQ(state, before);
}

TEST_F(ForecastPlugin, WindowsThatWereNotSeenAreNotInvented) {
  grow(4, 10);
  const auto reply = ask(15, {{"memory", 160}});
  EXPECT_EQ(tree_of(reply.evidence)["points"], 16);
  EXPECT_EQ(tree_of(reply.evidence)["time_to_exhaustion"], "10h");
  EXPECT_EQ(reply.measurements, 11);
}

TEST_F(ForecastPlugin, WithoutTheValueItLacksData) {
  grow(4, 10);
  for (std::int64_t i = 10; i < 14; ++i) EXPECT_EQ(ask(i, {{"other", 1}}).verdict, Verdict::proceed);
  const auto reply = ask(14, {{"other", 1}});
  EXPECT_EQ(reply.verdict, Verdict::insufficient_data);
  EXPECT_EQ(reply.reason, "no memory in this window (5 in a row, of at most 4)");
  EXPECT_EQ(ask(15, {{"memory", 160}}).verdict, Verdict::proceed) << "it is there again";
}

TEST_F(ForecastPlugin, ADamagedStateIsRefused) {
  grow(4, 2);
  state["points"] = "?";
  ask(2, {{"memory", 1}});
  EXPECT_EQ(last,
            Status(Code::invalid_argument, "the history of the state is damaged: its length is no multiple of 4"));
}

TEST_F(ForecastPlugin, NamesEveryFaultOfItsSettings) {
  settings = {{"value", ""},
              {"confidence", 0.2},
              {"smoothing", {{"level", 2}, {"trend", -1}, {"season", 3}}},
              {"horizon", "0s"},
              {"method", "holt_winters"}};
  const auto reply = host.call<analyzer::Interface, analyzer::Validate>({.settings = json_text(settings)});
  std::vector<std::string> paths;
  for (const auto& fault : reply->problems) paths.push_back(fault.path);
  EXPECT_EQ(paths, (std::vector<std::string>{"/value", "/confidence", "/smoothing/level", "/smoothing/trend",
                                             "/smoothing/season", "/horizon", "/season"}));
}

TEST_F(ForecastPlugin, ItsManifestSaysWhatItMayBeTold) {
  EXPECT_EQ(test::config_in(MANIFEST), schema_of_defaults<Settings>()) << schema_of_defaults<Settings>().dump(2);
}

}  // namespace
}  // namespace slipway::forecast
