#include <gtest/gtest.h>

#include <cmath>
#include <slipway/testing/fake_host.hpp>
#include <slipway/testing/library.hpp>

#include "plugins/analyzers/common/packed.hpp"
#include "plugins/analyzers/sequential/counts.hpp"
#include "tests/support/manifest_config.hpp"

namespace slipway::sequential {
namespace {

using analyzer::Verdict;

constexpr Duration kWindow = slipway::seconds(15);

struct Did {
  double requests = 0;
  double failures = 0;
};

class Sequential : public ::testing::Test {
 protected:
  Sequential() { EXPECT_TRUE(host.run().ok()); }

  analyzer::JudgeReply judge(Did next, Did stable) {
    return ask({.groups = {group("next", next), group("stable", stable)}});
  }
  // The next window, or the last one again.
  analyzer::JudgeReply ask(analyzer::JudgeRequest request) {
    if (!again) ++number;
    request.settings = json_text(settings);
    request.state = json_text(state);
    request.window = {"w" + std::to_string(number), Instant{} + kWindow * (number - 1), Instant{} + kWindow * number};
    request.weight = weight;
    auto reply = host.call<analyzer::Interface, analyzer::Judge>(request);
    last = reply.status();
    if (!reply.ok()) return {};
    state = Json::parse(reply->state.text);
    return *reply;
  }
  static metrics::GroupSamples group(const char* role, Did did) {
    return {.role = role, .values = {{"requests", did.requests}, {"failures", did.failures}}};
  }
  // Asks until it is decided; the verdict and how many windows it took.
  std::pair<Verdict, std::int64_t> until_decided(Did next, Did stable) {
    while (number < 1000) {
      const auto reply = judge(next, stable);
      if (reply.verdict != Verdict::proceed) return {reply.verdict, number};
    }
    return {Verdict::proceed, number};
  }
  Problems problems() {
    const auto reply = host.call<analyzer::Interface, analyzer::Validate>({.settings = json_text(settings)});
    Problems list;
    for (const auto& fault : reply->problems) list.push_back({fault.path, fault.value, fault.message});
    return list;
  }

  test::Library library{PLUGIN};
  test::FakeHost host{library.table()};
  Json settings = Json::object();
  Json state;
  std::optional<std::uint32_t> weight;
  std::int64_t number = 0;
  bool again = false;
  Status last;
};

TEST_F(Sequential, FailsAReleaseThatFailsFiveTimesAsOften) {
  const auto [verdict, windows] = until_decided({600, 30}, {5400, 54});
  EXPECT_EQ(verdict, Verdict::fail);
  EXPECT_LE(windows, 2);
}

TEST_F(Sequential, PassesAnEqualReleaseAfterItsLeastTime) {
  const auto [verdict, windows] = until_decided({600, 6}, {5400, 54});
  EXPECT_EQ(verdict, Verdict::pass);
  EXPECT_GE(windows, 40) << "ten minutes of 15 seconds";
}

TEST_F(Sequential, SaysWhatItSawAndWhatItTakes) {
  const auto reply = judge({600, 9}, {5400, 54});
  EXPECT_EQ(reply.verdict, Verdict::proceed);
  EXPECT_EQ(reply.code, "measuring");
  EXPECT_EQ(reply.reason,
            "next: 9 of 600 requests (1.5 %) failed, stable: 54 of 5,400 requests (1 %), 1.5 times as often (0.353 to "
            "4.42); log-evidence -0.418 of the 5.3 that alpha 0.01 asks for");
  EXPECT_EQ(reply.method, "sequential/1");
  EXPECT_EQ(tree_of(reply.evidence)["tracks"][0]["requests"], 600);
  EXPECT_EQ(tree_of(reply.evidence)["tracks"][0]["baseline_bad"], 54);
  EXPECT_EQ(tree_of(reply.evidence)["seed"], 1);
  EXPECT_EQ(reply.measurements, 1);
}

TEST_F(Sequential, ARatioBeyondTheEndsOfItsCurveIsToldAsSuch) {
  EXPECT_NE(judge({600, 60}, {5400, 6}).reason.find(", at least 20.1 times as often ("), std::string::npos)
      << "90 times";
  state = Json::object();
  EXPECT_NE(judge({5400, 6}, {600, 60}).reason.find(", at most 0.0498 times as often (0 to "), std::string::npos);
}

TEST_F(Sequential, DoesNotFailAReleaseWhoseFailuresStayBelowTheFloor) {
  settings = {{"absolute_floor", 0.01}, {"min_duration", "15s"}};
  const auto [verdict, windows] = until_decided({60'000, 240}, {60'000, 24});
  EXPECT_EQ(verdict, Verdict::pass) << "ten times as often, and still only 0.4 % of the requests";
}

TEST_F(Sequential, WithoutAnyFailureItPassesByTheFloor) {
  const auto [verdict, windows] = until_decided({600, 0}, {5400, 0});
  EXPECT_EQ(verdict, Verdict::pass);
}

TEST_F(Sequential, IsInconclusiveWhenTheTimeIsOver) {
  settings = {{"max_duration", "10m"}};
  const auto [verdict, windows] = until_decided({60, 1}, {540, 5});
  EXPECT_EQ(verdict, Verdict::inconclusive);
  EXPECT_EQ(windows, 40);
}

TEST_F(Sequential, TheGuardWantsASmallerEffectToLastOverIntervals) {
  settings = {{"severe_ratio", 50}, {"pass_ratio", 60}};
  const auto guarded = until_decided({6'000, 120}, {6'000, 60});
  settings["guard"] = "none";
  state = {}, number = 0;
  const auto bare = until_decided({6'000, 120}, {6'000, 60});
  EXPECT_EQ(guarded.first, Verdict::fail);
  EXPECT_EQ(bare.first, Verdict::fail);
  EXPECT_GE(guarded.second, 8) << "log 2 an interval at most: log 200 takes eight";
  EXPECT_LT(bare.second, guarded.second);
}

TEST_F(Sequential, AWindowIsTakenInOnce) {
  judge({600, 9}, {5400, 54});
  const Json before = state;
  again = true;
  judge({600, 9}, {5400, 54});
  EXPECT_EQ(state, before);
}

TEST_F(Sequential, TheSameHistoryHasTheSameStateHoweverOftenItWasWrittenDown) {
  for (int i = 0; i < 5; ++i) judge({600, 9.0 + i}, {5400, 50.0 + i});
  const Json once = state;
  state = {}, number = 0;
  for (int i = 0; i < 5; ++i) {
    judge({600, 9.0 + i}, {5400, 50.0 + i});
    state = Json::parse(state.dump());
  }
  EXPECT_EQ(state, once);
}

// The counts grow to 2^52, the evidence to many digits, and each window's name is as long as the engine's longest.
TEST_F(Sequential, ItsStateStaysWithinFourKibibytesAtAnyPoint) {
  settings = {{"min_duration", "24h"}, {"max_duration", "24h"}};
  weight = 100'000;
  std::size_t largest = 0;
  for (int i = 0; i < 2'000; ++i) {
    judge({1e11, 1e9 + i}, {1e12, 1e10 - 7 * i});
    ASSERT_TRUE(last.ok()) << to_string(last);
    largest = std::max(largest, state.dump().size() + 128);
  }
  EXPECT_LE(largest, 4096U);
}

TEST_F(Sequential, ItsStateStaysWithinFourKibibytesForEachEdge) {
  settings = {{"kind", "slow_ratio"}, {"edges", {1, 2, 4, 8}}, {"min_duration", "24h"}, {"max_duration", "24h"}};
  const auto took = [](const char* role, std::int64_t n) {
    return metrics::GroupSamples{
        .role = role,
        .histograms = {{"latency", {{1.0, n}, {2.0, n / 3}, {4.0, n / 7}, {8.0, n / 11}, {std::nullopt, n / 13}}}}};
  };
  std::size_t largest = 0;
  for (std::int64_t i = 0; i < 500; ++i) {
    ask({.groups = {took("next", 1'000'000'000'000 + i), took("stable", 9'000'000'000'000 - i)}});
    ASSERT_TRUE(last.ok()) << to_string(last);
    largest = std::max(largest, state.dump().size());
  }
  EXPECT_LE(largest, 4 * 4096U);
}

TEST_F(Sequential, LooksAtSlowRequestsByTheirBuckets) {
  settings = {{"kind", "slow_ratio"}, {"edges", {250'000, 1'000'000}}};
  const auto slow = [](const char* role, std::int64_t tail) {
    return metrics::GroupSamples{
        .role = role,
        .histograms = {{"latency", {{100'000.0, 5'000}, {250'000.0, 500}, {500'000.0, tail}, {std::nullopt, 5}}}}};
  };
  analyzer::JudgeReply reply;
  for (int i = 0; i < 20 && reply.verdict == Verdict::proceed; ++i)
    reply = ask({.groups = {slow("next", 400), slow("stable", 100)}});
  EXPECT_EQ(reply.verdict, Verdict::fail) << reply.reason;
  EXPECT_NE(reply.reason.find("took longer than 250,000"), std::string::npos) << reply.reason;
  const Json tracks = tree_of(reply.evidence)["tracks"];
  EXPECT_EQ(tracks.size(), 2U);
  EXPECT_EQ(tracks[1]["bad"], tracks[1]["baseline_bad"]);
}

// Above the first edge is half of the requests, above the second what `rare` says of each million.
TEST_F(Sequential, AnEdgeThatStaysBelowTheFloorIsNotLiftedAboveItByAnother) {
  const auto with_rare = [&](std::int64_t rare_next, std::int64_t rare_stable) {
    settings = {{"kind", "slow_ratio"}, {"edges", {100, 1'000}}};
    const auto took = [](const char* role, std::int64_t rare) {
      return metrics::GroupSamples{
          .role = role,
          .histograms = {{"latency", {{100.0, 500'000}, {1'000.0, 500'000 - rare}, {std::nullopt, rare}}}}};
    };
    state = {};
    analyzer::JudgeReply reply;
    for (number = 0; number < 100 && reply.verdict == Verdict::proceed;)
      reply = ask({.groups = {took("next", rare_next), took("stable", rare_stable)}});
    return reply.verdict;
  };
  EXPECT_EQ(with_rare(200, 20), Verdict::pass) << "ten times as many, and fewer than the floor's 1,000";
  EXPECT_EQ(with_rare(20'000, 2'000), Verdict::fail);
}

// By the first edge the release is worse in one window and better in the next, above the second is what `rare` says of
// each million, in every window.
TEST_F(Sequential, AnEdgeThatIsWorseOnceIsNotVouchedForByAnotherThatIsWorseInEveryWindow) {
  const auto with_rare = [&](std::int64_t rare_next, std::int64_t rare_stable) {
    settings = {{"kind", "slow_ratio"}, {"edges", {100, 1'000}}};
    const auto took = [](const char* role, std::int64_t slow, std::int64_t rare) {
      return metrics::GroupSamples{
          .role = role,
          .histograms = {{"latency", {{100.0, 1'000'000 - slow}, {1'000.0, slow - rare}, {std::nullopt, rare}}}}};
    };
    state = {};
    analyzer::JudgeReply reply;
    for (number = 0; number < 100 && reply.verdict == Verdict::proceed;) {
      const bool is_worse = number % 2 == 1;
      reply = ask({.groups = {took("next", is_worse ? 600'000 : 400'000, rare_next),
                              took("stable", is_worse ? 400'000 : 600'000, rare_stable)}});
    }
    return reply.verdict;
  };
  EXPECT_EQ(with_rare(200, 20), Verdict::pass) << "ten times as many, and fewer than the floor's 1,000";
  EXPECT_EQ(with_rare(15'000, 10'000), Verdict::fail);
}

TEST_F(Sequential, WithoutABaselineItJudgesByTheFloorAlone) {
  settings = {{"kind", "absolute"}, {"absolute_floor", 0.01}};
  analyzer::JudgeReply reply;
  for (int i = 0; i < 20 && reply.verdict == Verdict::proceed; ++i) reply = ask({.groups = {group("next", {600, 30})}});
  EXPECT_EQ(reply.verdict, Verdict::fail);
  EXPECT_EQ(reply.code, "above_the_floor");
}

TEST_F(Sequential, WithoutABaselineItDoesNotAskWhereTheRequestsWent) {
  settings = {{"kind", "absolute"}, {"absolute_floor", 0.1}, {"min_duration", "15s"}};
  weight = 100'000;
  analyzer::JudgeReply reply;
  for (int i = 0; i < 200 && reply.verdict == Verdict::proceed; ++i) reply = judge({600, 6}, {5'400, 54});
  EXPECT_EQ(reply.verdict, Verdict::pass) << reply.reason;
}

TEST_F(Sequential, DoesNotJudgeWhenTheRoutingDoesNotFollowTheWeights) {
  weight = 100'000;
  analyzer::JudgeReply reply;
  for (int i = 0; i < 40 && reply.verdict == Verdict::proceed; ++i) reply = judge({900, 9}, {5'100, 51});
  EXPECT_EQ(reply.verdict, Verdict::inconclusive);
  EXPECT_EQ(reply.code, "routing");
  EXPECT_TRUE(reply.reason.starts_with("the routing does not follow the weights: ")) << reply.reason;
  EXPECT_NE(reply.reason.find("(15 %) went to next, where 10% should"), std::string::npos) << reply.reason;
}

TEST_F(Sequential, FailsWhatFailsThoughTheRoutingDoesNotFollowTheWeights) {
  weight = 100'000;
  analyzer::JudgeReply reply;
  for (int i = 0; i < 10; ++i) reply = judge({300, 3}, {5'700, 57});
  ASSERT_EQ(reply.code, "routing") << reply.reason;
  for (int i = 0; i < 3 && reply.verdict != Verdict::fail; ++i) reply = judge({300, 150}, {5'700, 57});
  EXPECT_EQ(reply.verdict, Verdict::fail) << reply.reason;
  EXPECT_EQ(reply.code, "worse_than_baseline");
  EXPECT_NE(reply.reason.find("; that is not chance: "), std::string::npos) << reply.reason;
  EXPECT_NE(reply.reason.find("; the routing does not follow the weights: "), std::string::npos) << reply.reason;
  EXPECT_TRUE(tree_of(reply.evidence).contains("tracks"));
}

TEST_F(Sequential, FollowsTheWeightsAsTheyChange) {
  settings = {{"kind", "srm"}};
  weight = 100'000;
  for (int i = 0; i < 20; ++i) judge({600, 0}, {5'400, 0});
  weight = 500'000;
  analyzer::JudgeReply reply;
  for (int i = 0; i < 20; ++i) reply = judge({3'000, 0}, {3'000, 0});
  EXPECT_EQ(reply.verdict, Verdict::pass) << reply.reason;
}

// Counters are those of the time between two scrapes, so the first window has requests of before the weight.
TEST_F(Sequential, ItsRoutingIsLookedAtFromTheSecondWindowOfAWeightOn) {
  settings = {{"min_duration", "1h"}};
  analyzer::JudgeReply reply;
  for (const std::uint32_t share : {100'000U, 500'000U, 100'000U}) {
    weight = share;
    judge({10'000, 100}, {90'000 - 0.1 * share, 900});
    for (int i = 0; i < 10; ++i) {
      reply = judge({0.06 * share, 0.0006 * share}, {60'000 - 0.06 * share, 600 - 0.0006 * share});
      ASSERT_EQ(reply.verdict, Verdict::proceed) << share << ", window " << number << ": " << reply.reason;
    }
  }
  for (int i = 0; i < 10; ++i) reply = judge({9'000, 90}, {51'000, 510});
  EXPECT_EQ(reply.code, "routing") << reply.reason;
  weight = 500'000;
  EXPECT_TRUE(judge({9'000, 90}, {51'000, 510}).reason.starts_with("the routing did not follow the weights before"));
}

// What a scrape has missed stands in the next window, of one group and not of the other.
TEST_F(Sequential, ItsRoutingIsNotLookedAtInAWindowThatFollowsAGap) {
  settings = {{"min_duration", "1h"}};
  weight = 100'000;
  analyzer::JudgeReply reply;
  for (int i = 0; i < 10; ++i) {
    for (int n = 0; n < 5; ++n) judge({6'000, 60}, {54'000, 540});
    ask({.groups = {{.role = "next"}, group("stable", {54'000, 540})}});
    reply = judge({12'000, 120}, {54'000, 540});
    ASSERT_EQ(reply.verdict, Verdict::proceed) << reply.reason;
  }
}

TEST_F(Sequential, TheRoutingAloneDoesNotPassBeforeAnythingWasCounted) {
  settings = {{"kind", "srm"}, {"min_duration", "15s"}};
  weight = 100'000;
  EXPECT_EQ(judge({600, 0}, {5'400, 0}).reason,
            "in no two windows in a row did the weights alone decide where requests go");
  EXPECT_EQ(judge({600, 0}, {5'400, 0}).verdict, Verdict::pass);
}

TEST_F(Sequential, TimeWithoutRequestsIsNoPassAndLacksDataInTheEnd) {
  analyzer::JudgeReply reply;
  for (int i = 0; i < 19; ++i) {
    reply = judge({0, 0}, {5400, 54});
    EXPECT_EQ(reply.verdict, Verdict::proceed);
  }
  reply = judge({0, 0}, {5400, 54});
  EXPECT_EQ(reply.verdict, Verdict::insufficient_data);
  EXPECT_EQ(reply.reason, "no requests of both groups in this window (for 5m, of at most 5m)");
}

TEST_F(Sequential, AWindowWithoutNumbersTellsWhatWasSeenBeforeIt) {
  const Json seen = tree_of(judge({600, 9}, {5'400, 54}).evidence);
  EXPECT_EQ(tree_of(judge({0, 0}, {0, 0}).evidence), seen);
  EXPECT_EQ(tree_of(ask({.source_error = "it is down"}).evidence), seen);
  state = {};
  EXPECT_TRUE(judge({0, 0}, {0, 0}).evidence.is_null());
}

TEST_F(Sequential, ACertainPassWaitsForAWindowWithData) {
  for (int i = 0; i < 39; ++i) EXPECT_EQ(judge({600, 6}, {5400, 54}).verdict, Verdict::proceed);
  EXPECT_EQ(judge({0, 0}, {5400, 54}).verdict, Verdict::proceed);
  EXPECT_EQ(judge({600, 6}, {5400, 54}).verdict, Verdict::pass);
}

TEST_F(Sequential, NumbersThatAreNoCountsAreErrorsByName) {
  for (int i = 0; i < 4; ++i) EXPECT_EQ(judge({600, -1}, {5400, 54}).verdict, Verdict::proceed);
  const auto reply = judge({600, 601}, {5400, 54});
  EXPECT_EQ(reply.verdict, Verdict::error) << "the fifth in a row";
  EXPECT_EQ(reply.reason, "the group next has 601 failures in 600 requests (error 5 in a row, of at most 4)");

  for (const double value : {std::nan(""), -1.0, double{INFINITY}, 1e17}) {
    const auto counts = counts_in({}, {.groups = {group("next", {600, value}), group("stable", {600, 6})}});
    EXPECT_EQ(counts.status().code, Code::invalid_argument);
    EXPECT_TRUE(counts.status().message.starts_with("the value failures of the group next is "))
        << counts.status().message;
  }
}

// Version 1 also kept what the counts tell: 24 numbers of each tier of shares.
TEST_F(Sequential, AStateOfVersion1GoesOnAsOneOfThisVersion) {
  for (int i = 0; i < 5; ++i) judge({600, 9.0 + i}, {5400, 50.0 + i});
  Json old = state;
  old["version"] = 1;
  auto numbers = packed::unpack<double>(old["tracks"][0]["evidence"].get<std::string>(), "it");
  for (const std::ptrdiff_t tier : {4 * 24, 7 * 24}) numbers.insert(numbers.begin() + tier, 24, 0.5);
  old["tracks"][0]["evidence"] = packed::pack<double>(numbers);
  const auto now = judge({600, 9}, {5400, 54});
  const Json after = state;
  state = old, --number;
  const auto migrated = judge({600, 9}, {5400, 54});
  EXPECT_TRUE(last.ok()) << to_string(last);
  EXPECT_EQ(migrated.evidence, now.evidence);
  EXPECT_EQ(state, after);
}

TEST_F(Sequential, AStateThatIsDamagedIsRefused) {
  judge({600, 9}, {5400, 54});
  const Json good = state;
  for (const std::string& evidence :
       {std::string("x"), std::string("####"), std::string("AAAA"), packed::pack<double>(std::vector{std::nan("")})}) {
    state = good;
    state["tracks"][0]["evidence"] = evidence;
    judge({600, 9}, {5400, 54});
    EXPECT_EQ(last.code, Code::invalid_argument) << evidence;
  }
}

TEST_F(Sequential, NamesEveryFaultOfItsSettings) {
  settings = {{"alpha", 0},           {"beta", 2},           {"alpha_weight", 1.5},   {"max_ratio", 0.5},
              {"severe_ratio", 0.4},  {"pass_ratio", 0.3},   {"absolute_floor", 0.5}, {"dispersion", 0},
              {"kind", "slow_ratio"}, {"min_duration", "3h"}};
  const auto found = problems();
  std::vector<std::string> paths;
  for (const Problem& problem : found) paths.push_back(problem.path);
  EXPECT_EQ(paths,
            (std::vector<std::string>{"/alpha", "/beta", "/alpha_weight", "/max_ratio", "/severe_ratio", "/pass_ratio",
                                      "/absolute_floor", "/dispersion", "/edges", "/min_duration"}));
}

TEST_F(Sequential, SpendsNoMoreThanItsShareOfAlpha) {
  const auto groups = std::vector{group("next", {600, 9}), group("stable", {5400, 54})};
  const auto reply = ask({.groups = groups, .alpha_share = 0.1});
  EXPECT_DOUBLE_EQ(tree_of(reply.evidence).at("alpha").get<double>(), 0.001);
  EXPECT_DOUBLE_EQ(tree_of(reply.evidence).at("threshold").get<double>(), std::log(2 / 0.001));
  for (const double share : {0.0, 2.0, -1.0}) {
    ask({.groups = groups, .alpha_share = share});
    EXPECT_EQ(last.code, Code::invalid_argument) << share;
  }
}

TEST_F(Sequential, WantsAShareOfAlphaWhereItCanFail) {
  const auto wanted = [&] {
    return host.call<analyzer::Interface, analyzer::Validate>({.settings = json_text(settings)})->alpha_weight;
  };
  EXPECT_EQ(wanted(), 1);
  settings["alpha_weight"] = 0.5;
  EXPECT_EQ(wanted(), 0.5);
  settings["kind"] = "srm";
  EXPECT_EQ(wanted(), 0);
}

TEST_F(Sequential, NamesWhatTheSourceDoesNotTell) {
  const auto told = [&](std::vector<std::string> metrics) {
    const auto reply = host.call<analyzer::Interface, analyzer::Validate>(
        {.settings = json_text(settings), .metrics = std::move(metrics)});
    return reply->problems.empty() ? "" : reply->problems[0].path;
  };
  EXPECT_EQ(told({}), "");
  EXPECT_EQ(told({"*"}), "");
  EXPECT_EQ(told({"requests", "failures"}), "");
  EXPECT_EQ(told({"requests"}), "/failures");
  EXPECT_EQ(told({"cases"}), "/requests");
  settings = {{"kind", "slow_ratio"}, {"edges", {100}}};
  EXPECT_EQ(told({"latency"}), "");
  EXPECT_EQ(told({"requests", "failures"}), "/histogram");
  settings = {{"kind", "srm"}};
  EXPECT_EQ(told({"requests"}), "");
}

TEST_F(Sequential, ItsManifestSaysWhatItMayBeTold) {
  EXPECT_EQ(test::config_in(MANIFEST), schema_of_defaults<Settings>()) << schema_of_defaults<Settings>().dump(2);
}

}  // namespace
}  // namespace slipway::sequential
