#include "tools/rehearse/traffic.hpp"

#include <gtest/gtest.h>

namespace slipway::simulate {
namespace {

class SimulatedTraffic : public testing::Test {
 protected:
  SimulatedTraffic() { share(0); }
  // Of the release 1.1, from now on.
  void share(std::uint32_t weight) {
    provider.apply({.tenant = "t",
                    .application = "shop",
                    .generation = ++generation,
                    .groups = {{.role = "stable", .release = {.version = "1.0"}, .weight = kAllTraffic - weight},
                               {.role = "next", .release = {.version = "1.1"}, .weight = weight}}});
  }
  void pass(Duration span) {
    bool over = false;
    time.after(span, [&] { over = true; });
    while (!over) (void)time.turn();
  }
  std::map<std::string, metrics::GroupSamples> ask(Traffic& traffic, Duration from, Duration to) const {
    const metrics::QueryRequest request{.tenant = "t",
                                        .application = "shop",
                                        .query = {},
                                        .groups = {{"next", "1.1", {}}, {"stable", "1.0", {}}},
                                        .window = {"w", Instant{} + from, Instant{} + to}};
    std::map<std::string, metrics::GroupSamples> by_role;
    for (auto& samples : traffic.query(request).groups) by_role[samples.role] = samples;
    return by_role;
  }
  VirtualTime time{Instant{}};
  Provider provider{time, seconds(5), [] {}};
  std::int64_t generation = 0;
};

TEST_F(SimulatedTraffic, IsDealtOutByTheWeightsThatWereInEffect) {
  Traffic traffic({.assume = {{"rate", 1'000}, {"error_ratio", 0.1}, {"cpu", 0.4}}}, provider);
  pass(seconds(50));
  share(200'000);
  auto seen = ask(traffic, seconds(0), seconds(100));
  EXPECT_NEAR(seen["next"].values["requests"], 10'000, 500) << "a fifth of the second half";
  EXPECT_NEAR(seen["next"].values["requests"] + seen["stable"].values["requests"], 100'000, 1'600);
  EXPECT_NEAR(seen["next"].values["failures"], 1'000, 160);
  EXPECT_EQ(seen["next"].values["cpu"], 0.4);
  EXPECT_EQ(seen["next"].values.count("rate"), 0U);
}

TEST_F(SimulatedTraffic, IsTheSameWhoeverAsks) {
  Traffic traffic({.assume = {{"rate", 100}}}, provider);
  share(500'000);
  EXPECT_EQ(ask(traffic, {}, seconds(10))["next"].values, ask(traffic, {}, seconds(10))["next"].values);
  EXPECT_NE(ask(traffic, {}, seconds(10))["next"].values, ask(traffic, seconds(10), seconds(20))["next"].values);
}

TEST_F(SimulatedTraffic, HasLatenciesWithAMedianAndATailOfFourTimesIt) {
  Traffic traffic({.assume = {{"rate", 10'000}, {"latency", 100}}}, provider);
  share(500'000);
  auto seen = ask(traffic, {}, seconds(10))["next"];
  EXPECT_NEAR(seen.values["latency_p50"], 100, 13) << "a bucket is 12 % wide";
  EXPECT_NEAR(seen.values["latency_p99"], 400, 60);
  EXPECT_FALSE(seen.histograms["latency"].back().upper);
}

TEST_F(SimulatedTraffic, ChangesTheNewReleaseFromTheInjectionsMomentOn) {
  Traffic traffic(
      {.assume = {{"rate", 10'000}, {"error_ratio", 0}, {"latency", 100}},
       .injections = {*backtest::parse_injection("error_ratio=+10%@20s"),
                      *backtest::parse_injection("latency=+100%@20s"), *backtest::parse_injection("memory=+100%@20s")},
       .changed = "1.1"},
      provider);
  share(500'000);
  traffic.begin(Instant{} + seconds(10));
  EXPECT_EQ(ask(traffic, seconds(20), seconds(30))["next"].values["failures"], 0);
  EXPECT_EQ(traffic.idle_injections(), (std::vector<std::size_t>{0, 1, 2}));
  auto seen = ask(traffic, seconds(30), seconds(40));
  EXPECT_NEAR(seen["next"].values["failures"] / seen["next"].values["requests"], 0.1, 0.01);
  EXPECT_NEAR(seen["next"].values["latency_p50"], 200, 25);
  EXPECT_EQ(seen["stable"].values["failures"], 0);
  EXPECT_EQ(traffic.idle_injections(), std::vector<std::size_t>{2}) << "nobody has it";
}

TEST_F(SimulatedTraffic, IsReplayedFromARecordingUntilItEnds) {
  backtest::Recording recording{seconds(10), {}};
  for (int i = 0; i < 3; ++i)
    recording.windows.push_back(
        {Instant{} + seconds(1'000 + 10 * i),
         {{.role = "stable", .values = {{"requests", 1'000}, {"failures", 10}, {"cpu", i * 1.0}}}}});
  Traffic traffic({.recording = recording, .group = "stable"}, provider);
  share(500'000);
  traffic.begin(Instant{} + seconds(60));
  auto seen = ask(traffic, seconds(60), seconds(80));
  EXPECT_EQ(seen["next"].values["requests"] + seen["stable"].values["requests"], 2'000);
  EXPECT_EQ(seen["next"].values["failures"] + seen["stable"].values["failures"], 20);
  EXPECT_EQ(seen["next"].values["cpu"], 1.0);
  EXPECT_EQ(ask(traffic, seconds(90), seconds(100))["next"].problem, "the recording has nothing here");
}

}  // namespace
}  // namespace slipway::simulate
