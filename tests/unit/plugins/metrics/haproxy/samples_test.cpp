#include "plugins/metrics/haproxy/samples.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace slipway::haproxy {
namespace {

constexpr Instant kStart{1'700'000'000'000'000'000};
Instant at(std::int64_t ms) { return kStart + milliseconds(ms); }

class HaproxySamples : public testing::Test {
 protected:
  void request(std::int64_t ms, std::int32_t status, std::uint32_t total_us = 2000) {
    const Record record{
        .backend = "acme.shop.a", .server = "1.0-1", .status = status, .total_us = total_us, .termination = "--"};
    if (streams_.take(7, number_++, at(ms))) history_.add(record, at(ms));
  }
  void sample(std::int64_t ms, std::int32_t pid, std::int64_t requests, std::int64_t failures) {
    Sample taken{.at = at(ms), .pid = pid, .backends = {}, .releases = {{"acme.shop.a", "1.0"}}};
    taken.backends["acme.shop.a"].requests = requests;
    taken.backends["acme.shop.a"].failures = failures;
    counters_.take(taken);
  }
  metrics::GroupSamples samples(std::int64_t from, std::int64_t to, const std::string& release = "1.0") {
    return samples_of({streams_, history_, counters_}, "acme.shop", {"next", release, {}}, {"w", at(from), at(to)});
  }
  Streams streams_;
  History history_{{}};
  Counters counters_;
  std::uint64_t number_ = 0;
};

TEST_F(HaproxySamples, RecordsGiveCountsAndTimes) {
  streams_.connected(7, at(0));
  for (int i = 0; i < 99; ++i) request(100 + i, i < 9 ? 500 : 200);
  request(250, 200, 50'000);
  const auto found = samples(0, 1000);
  EXPECT_EQ(found.values.at("requests"), 100);
  EXPECT_EQ(found.values.at("failures"), 9);
  EXPECT_EQ(found.values.at("error_ratio"), 0.09);
  EXPECT_EQ(found.values.at("responses_2xx"), 91);
  EXPECT_NEAR(found.values.at("latency_p50"), 2, 0.07);
  EXPECT_EQ(found.values.at("latency_max"), 50);
  EXPECT_EQ(found.histograms.at("latency").size(), 2U);
  EXPECT_EQ(found.completeness, 1);
  EXPECT_EQ(found.problem, "");
}

TEST_F(HaproxySamples, NoRequestIsZeroRequestsAndNoRatio) {
  streams_.connected(7, at(0));
  const auto found = samples(0, 1000);
  EXPECT_EQ(found.values.at("requests"), 0);
  EXPECT_FALSE(found.values.contains("error_ratio"));
  EXPECT_FALSE(found.values.contains("latency_p99"));
  EXPECT_EQ(found.completeness, 1);
}

TEST_F(HaproxySamples, NobodyConnectedIsMissingData) {
  const auto found = samples(0, 1000);
  EXPECT_TRUE(found.values.empty());
  EXPECT_EQ(found.completeness, 0);
  EXPECT_EQ(found.problem, "no access records: HAProxy is not connected");
}

TEST_F(HaproxySamples, APartOfTheWindowIsSaidToBeOne) {
  streams_.connected(7, at(600));
  request(700, 200);
  const auto found = samples(0, 1000);
  EXPECT_EQ(found.completeness, 0.4);
  EXPECT_EQ(found.values.at("requests"), 1);
  EXPECT_FALSE(found.values.contains("latency_p50"));
  EXPECT_EQ(found.problem, "access records cover 40 % of the window");
}

TEST_F(HaproxySamples, LostRecordsMakeTheWindowIncomplete) {
  streams_.connected(7, at(0));
  request(100, 200);
  number_ += 2;
  request(200, 200);
  EXPECT_EQ(samples(0, 1000).completeness, 0.5);
}

TEST_F(HaproxySamples, CountersStepInForRecords) {
  sample(0, 7, 1000, 10);
  sample(1000, 7, 1200, 15);
  const auto found = samples(0, 1000);
  EXPECT_EQ(found.values.at("requests"), 200);
  EXPECT_EQ(found.values.at("failures"), 5);
  EXPECT_FALSE(found.values.contains("latency_p50"));
  EXPECT_EQ(found.completeness, 1);
  EXPECT_EQ(found.problem, "no access records: HAProxy is not connected");
}

TEST_F(HaproxySamples, RecordsOfAnEarlierProcessSayNothingAboutTheOneThatServes) {
  streams_.connected(7, at(0));
  request(100, 200);
  sample(500, 8, 10, 0);
  EXPECT_EQ(samples(0, 1000).completeness, 0);
}

TEST_F(HaproxySamples, AReleaseMayHaveAPlus) {
  streams_.connected(7, at(0));
  history_.add({.backend = "acme.shop.a", .server = "1.0_build-1", .status = 200, .total_us = 1, .termination = "--"},
               at(1));
  EXPECT_EQ(samples(0, 1000, "1.0+build").values.at("requests"), 1);
}

}  // namespace
}  // namespace slipway::haproxy
