#include "tools/backtest/changes.hpp"

#include <gtest/gtest.h>

namespace slipway::backtest {
namespace {

// Windows of a minute with 10,000 requests of stable, of which 100 fail.
Recording recorded(int windows = 4) {
  Recording recording{seconds(60), {}};
  const metrics::GroupSamples samples{
      .role = "stable",
      .values = {{"requests", 10'000}, {"failures", 100}, {"error_ratio", 0.01}, {"cpu", 0.5}},
      .histograms = {{"latency", {{.upper = 100, .count = 9'000}, {.upper = {}, .count = 1'000}}}}};
  for (int i = 0; i < windows; ++i) recording.windows.push_back({Instant{} + seconds(60 * i), {samples}});
  return recording;
}

TEST(Split, DealsOutEveryRequestOnce) {
  Draws draws(1);
  const Recording two = split(recorded(), "stable", 0.1, draws);
  for (const Window& window : two.windows) {
    ASSERT_EQ(window.groups.size(), 2U);
    EXPECT_EQ(window.weight, share(10)) << "as a rollout would have routed them";
    const auto& next = window.groups[0];
    const auto& stable = window.groups[1];
    EXPECT_EQ(next.role, "next");
    EXPECT_EQ(next.values.at("requests") + stable.values.at("requests"), 10'000);
    EXPECT_EQ(next.values.at("failures") + stable.values.at("failures"), 100);
    EXPECT_NEAR(next.values.at("requests"), 1'000, 150) << "five standard deviations";
    EXPECT_EQ(next.values.at("error_ratio"), next.values.at("failures") / next.values.at("requests"));
    EXPECT_EQ(next.values.at("cpu"), 0.5);
    EXPECT_EQ(next.histograms.at("latency")[0].count + stable.histograms.at("latency")[0].count, 9'000);
  }
}

TEST(Split, SaysWhichValuesItOnlyCopied) {
  Draws draws(1);
  Recording recording = recorded();
  recording.warnings = {"partial"};
  recording.windows[2].groups[0].values["memory"] = 7;
  EXPECT_EQ(
      split(recording, "stable", 0.1, draws).warnings,
      (std::vector<std::string>{
          "partial", "no counts, so both groups have the same and no false alarm of them was possible: cpu, memory"}));
  for (Window& window : recording.windows) {
    window.groups[0].values.erase("cpu");
    window.groups[0].values.erase("memory");
  }
  EXPECT_EQ(split(recording, "stable", 0.1, draws).warnings, std::vector<std::string>{"partial"});
}

TEST(Split, TellsWhetherThereIsAnythingToDealOut) {
  Recording recording = recorded();
  EXPECT_TRUE(dealt_of(recording, "stable").any);
  EXPECT_FALSE(dealt_of(recording, "canary").any);
  for (Window& window : recording.windows) window.groups[0].values.erase("requests");
  EXPECT_TRUE(dealt_of(recording, "stable").any) << "a distribution";
  EXPECT_EQ(dealt_of(recording, "stable").copied, (std::set<std::string>{"cpu", "error_ratio", "failures"}));
  for (Window& window : recording.windows) window.groups[0].histograms.clear();
  EXPECT_FALSE(dealt_of(recording, "stable").any);
}

TEST(Split, IsTheSameForASeedAndAnotherForAnother) {
  const auto dealt = [](std::uint64_t seed) {
    Draws draws(seed);
    return split(recorded(), "stable", 0.1, draws).windows[0].groups[0].values;
  };
  EXPECT_EQ(dealt(7), dealt(7));
  EXPECT_NE(dealt(7), dealt(8));
}

TEST(Split, LeavesAWindowWithoutTheGroupEmpty) {
  Draws draws(1);
  EXPECT_TRUE(split(recorded(), "canary", 0.1, draws).windows[0].groups.empty());
}

TEST(Injection, MakesMoreRequestsFailFromItsBeginOn) {
  Draws draws(1);
  Recording recording = split(recorded(), "stable", 0.5, draws);
  const Recording before = recording;
  EXPECT_EQ(inject(recording, *parse_injection("error_ratio=+10%@2m"), draws), Status());
  const auto failures = [](const Recording& of, std::size_t window, std::size_t group) {
    return of.windows[window].groups[group].values.at("failures");
  };
  EXPECT_EQ(failures(recording, 1, 0), failures(before, 1, 0)) << "too early";
  EXPECT_NEAR(failures(recording, 2, 0) - failures(before, 2, 0), 495, 110) << "five standard deviations";
  EXPECT_EQ(failures(recording, 2, 1), failures(before, 2, 1)) << "the old release";
}

TEST(Injection, ChangesAnyOtherValueByAPartOrByANumber) {
  Draws draws(1);
  Recording recording = split(recorded(), "stable", 0.5, draws);
  EXPECT_EQ(inject(recording, *parse_injection("cpu=+20%@0s"), draws), Status());
  EXPECT_EQ(inject(recording, *parse_injection("cpu=-0.1@1m"), draws), Status());
  EXPECT_DOUBLE_EQ(recording.windows[0].groups[0].values.at("cpu"), 0.6);
  EXPECT_DOUBLE_EQ(recording.windows[1].groups[0].values.at("cpu"), 0.5);
  EXPECT_DOUBLE_EQ(recording.windows[1].groups[1].values.at("cpu"), 0.5);
}

TEST(Injection, MakesEachObservationOfADistributionLarger) {
  Draws draws(1);
  metrics::GroupSamples samples{.role = "next"};
  samples.histograms["latency"] = {
      {.upper = 100, .count = 1'000}, {.upper = 200, .count = 0}, {.upper = {}, .count = 7}};
  EXPECT_TRUE(inject(samples, *parse_injection("latency=+50%@0s"), draws));
  const auto& buckets = samples.histograms["latency"];
  EXPECT_NEAR(static_cast<double>(buckets[0].count), 667, 75) << "five standard deviations";
  EXPECT_EQ(buckets[0].count + buckets[1].count, 1'000);
  EXPECT_EQ(buckets[2].count, 7);
}

std::string refusal_of(const std::string& injection, Recording recording) {
  Draws draws(1);
  return inject(recording, *parse_injection(injection), draws).message;
}

TEST(Injection, ThatChangesNothingIsRefusedAndNamesWhatItMayBe) {
  Draws draws(1);
  const Recording two = split(recorded(), "stable", 0.5, draws);
  for (const char* text : {"latncy=+5%@0s", "latency=+5@0s", "latency=+0%@0s", "latency=-100%@0s", "cpu=+0@0s",
                           "error_ratio=-5%@0s", "error_ratio=+0%@0s"}) {
    const std::string name(text, std::string_view(text).find('='));
    EXPECT_EQ(refusal_of(text, two),
              "--inject of " + name +
                  " changes nothing: from there on the group \"next\" has nothing that it could change; want one of "
                  "cpu=+X[%], error_ratio=+X%, failures=+X[%], latency=+X%, requests=+X[%], not 0, and of error_ratio "
                  "above 0")
        << text;
  }
}

TEST(Injection, ThatIsRefusedWantsAnErrorRatioAboveZeroOnlyWhereRequestsAreCounted) {
  Draws draws(1);
  Recording two = split(recorded(), "stable", 0.5, draws);
  const auto without = [&](const char* value) {
    for (Window& window : two.windows) {
      for (auto& samples : window.groups) samples.values.erase(value);
    }
  };
  const std::string refused =
      "--inject of cpu changes nothing: from there on the group \"next\" has nothing that it could change; want one "
      "of ";
  without("failures");
  without("requests");
  EXPECT_EQ(refusal_of("cpu=+0@0s", two), refused + "cpu=+X[%], error_ratio=+X[%], latency=+X%, not 0");
  without("error_ratio");
  EXPECT_EQ(refusal_of("cpu=+0@0s", two), refused + "cpu=+X[%], latency=+X%, not 0");
}

TEST(Injection, ThatBeginsAfterTheRecordingOrHasNoReleaseToChangeIsRefused) {
  Draws draws(1);
  const Recording two = split(recorded(), "stable", 0.5, draws);
  EXPECT_EQ(refusal_of("cpu=+5%@3m", two), "") << "the last window";
  EXPECT_EQ(refusal_of("cpu=+5%@3m1s", two),
            "--inject of cpu changes nothing: no window begins 3m1s after the begin or later; the recording has 4m");
  EXPECT_EQ(refusal_of("cpu=+5%@0s", recorded()),
            "--inject of cpu changes nothing: the recording has no group \"next\" with values; --split makes one");
}

TEST(Injection, SaysHowItIsWritten) {
  for (const char* text : {"", "cpu", "cpu=1@1m", "cpu=+@1m", "cpu=+x@1m", "=+1@1m", "cpu=+1", "cpu=+%@1m"}) {
    EXPECT_EQ(parse_injection(text).status().message,
              std::string("--inject ") + text + ": want NAME=+X[%]@DURATION, as error_ratio=+1%@10m");
  }
  EXPECT_FALSE(parse_injection("cpu=+1@soon").ok());
}

}  // namespace
}  // namespace slipway::backtest
