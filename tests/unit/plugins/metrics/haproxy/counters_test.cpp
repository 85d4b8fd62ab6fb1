#include "plugins/metrics/haproxy/counters.hpp"

#include <gtest/gtest.h>

namespace slipway::haproxy {
namespace {

Instant at(std::int64_t ms) { return {ms * 1'000'000}; }

Sample sample(std::int64_t ms, std::int32_t pid, std::int64_t requests, const std::string& release = "1.0") {
  Counts counts;
  counts.requests = requests;
  counts.by_class[1] = requests;
  Sample taken{.at = at(ms), .pid = pid};
  taken.backends["acme.shop.a"] = counts;
  if (!release.empty()) taken.releases["acme.shop.a"] = release;
  return taken;
}

std::int64_t requests(const Counters& counters, std::int64_t from, std::int64_t to,
                      const std::string& release = "1.0") {
  const auto delta = counters.between("acme.shop", release, at(from), at(to));
  return delta ? delta->counts.requests : -1;
}

constexpr char kAnswer[] =
    "Name: HAProxy\nPid: 4711\nUptime_sec: 5\n\n"
    "# pxname,svname,qcur,stot,wretr,status,hrsp_1xx,hrsp_2xx,hrsp_3xx,hrsp_4xx,hrsp_5xx,req_tot,cli_abrt,\n"
    "slipway_edge,FRONTEND,0,9,,OPEN,0,9,0,0,0,9,,\n"
    "acme.shop.a,1.0-1,0,5,2,UP,0,6,0,0,1,,0,\n"
    "acme.shop.a,1.0-2,0,5,2,UP,0,6,0,0,1,,0,\n"
    "acme.shop.a,BACKEND,0,9,2,UP,0,6,1,0,2,9,3,\n"
    "acme.shop.b,1.0-1,0,5,2,UP,0,6,0,0,1,,0,\n"
    "acme.shop.b,2.0-2,0,5,2,UP,0,6,0,0,1,,0,\n"
    "acme.shop.b,BACKEND,0,0,0,UP,0,0,0,0,0,0,0,\n\n";

TEST(HaproxySample, IsReadByTheNamesOfItsColumns) {
  const auto taken = parse_sample(kAnswer, at(1));
  ASSERT_TRUE(taken.has_value());
  EXPECT_EQ(taken->pid, 4711);
  const Counts& counts = taken->backends.at("acme.shop.a");
  EXPECT_EQ(counts.requests, 9);
  EXPECT_EQ(counts.failures, 2);
  EXPECT_EQ(counts.retries, 2);
  EXPECT_EQ(counts.aborted, 3);
  EXPECT_EQ(counts.by_class[2], 1);
  EXPECT_FALSE(taken->backends.contains("slipway_edge"));
}

TEST(HaproxySample, TellsTheReleaseOfABackendThatServesOnlyOne) {
  const auto taken = parse_sample(kAnswer, at(1));
  EXPECT_EQ(taken->releases, (std::map<std::string, std::string>{{"acme.shop.a", "1.0"}}));
}

TEST(HaproxySample, OtherTextIsNone) {
  for (const char* text : {"", "Pid: 5\n", "# pxname,svname,\n", "Permission denied\n"})
    EXPECT_FALSE(parse_sample(text, at(1)).has_value()) << text;
  const std::string whole = kAnswer;
  for (std::size_t size = 0; size < whole.size(); ++size) parse_sample(std::string_view(whole).substr(0, size), at(1));
}

TEST(HaproxyCounters, TellWhatWasCountedBetweenTwoSamples) {
  Counters counters;
  counters.take(sample(0, 7, 100));
  counters.take(sample(1000, 7, 130));
  counters.take(sample(2000, 7, 190));
  EXPECT_EQ(requests(counters, 0, 1000), 30);
  EXPECT_EQ(requests(counters, 1000, 2000), 60);
  EXPECT_EQ(requests(counters, 0, 2000), 90);
}

TEST(HaproxyCounters, TellEachOfThreeBackendsUnderItsRelease) {
  Counters counters;
  for (const std::int64_t i : {0, 1}) {
    Sample taken = sample(i * 1000, 7, 100 * i);
    for (const char* slot : {"b", "c"}) taken.backends["acme.shop." + std::string(slot)].requests = (*slot - 'a') * i;
    taken.releases["acme.shop.b"] = "1.1";
    taken.releases["acme.shop.c"] = "1.0_baseline";
    counters.take(taken);
  }
  EXPECT_EQ(requests(counters, 0, 1000, "1.0"), 100);
  EXPECT_EQ(requests(counters, 0, 1000, "1.1"), 1);
  EXPECT_EQ(requests(counters, 0, 1000, server_form("1.0+baseline")), 2);
}

TEST(HaproxyCounters, WindowsThatTouchAddUp) {
  Counters counters;
  for (int i = 0; i <= 20; ++i) counters.take(sample(i * 500, 7, i * i));
  std::int64_t sum = 0;
  for (int from = 0; from < 9900; from += 300)
    sum += requests(counters, from, from + 300 > 9900 ? 9900 : from + 300) == -1 ? 0
                                                                                 : requests(counters, from, from + 300);
  EXPECT_EQ(sum, 20 * 20);
}

TEST(HaproxyCounters, ARestartBeginsAtZero) {
  Counters counters;
  counters.take(sample(0, 7, 100));
  counters.take(sample(1000, 7, 130));
  counters.take(sample(2000, 8, 5));
  counters.take(sample(3000, 8, 25));
  EXPECT_EQ(requests(counters, 0, 3000), 30 + 5 + 20);
  EXPECT_EQ(requests(counters, 2000, 3000), 20);
}

TEST(HaproxyCounters, WhatTheOldProcessCountedLastIsNotKnown) {
  Counters counters;
  counters.take(sample(0, 7, 100));
  counters.take(sample(1000, 8, 5));
  counters.take(sample(4000, 8, 5));
  EXPECT_EQ(counters.between("acme.shop", "1.0", at(0), at(4000))->completeness, 0.75);
}

TEST(HaproxyCounters, ClearedCountersBeginAtZeroToo) {
  Counters counters;
  counters.take(sample(0, 7, 100));
  counters.take(sample(1000, 7, 10));
  EXPECT_EQ(requests(counters, 0, 1000), 10);
}

TEST(HaproxyCounters, WithoutSamplesAroundTheWindowTheyTellNothing) {
  Counters counters;
  EXPECT_EQ(requests(counters, 0, 1000), -1);
  counters.take(sample(5000, 7, 100));
  counters.take(sample(6000, 7, 200));
  EXPECT_EQ(requests(counters, 0, 6000), -1);
  EXPECT_EQ(requests(counters, 5000, 7000), -1);
}

TEST(HaproxyCounters, ABackendWhoseReleaseChangedIsNobodys) {
  Counters counters;
  counters.take(sample(0, 7, 100, "1.0"));
  counters.take(sample(1000, 7, 130, "1.0"));
  counters.take(sample(2000, 7, 190, "2.0"));
  EXPECT_EQ(requests(counters, 0, 1000, "1.0"), 30);
  EXPECT_EQ(requests(counters, 0, 2000, "2.0"), -1);
  EXPECT_EQ(requests(counters, 0, 2000, "1.0"), -1);
}

TEST(HaproxyCounters, AnEmptyBackendKeepsItsRelease) {
  Counters counters;
  counters.take(sample(0, 7, 100, "1.0"));
  counters.take(sample(1000, 7, 130, ""));
  EXPECT_EQ(requests(counters, 0, 1000, "1.0"), 30);
}

TEST(HaproxyCounters, AfterTheClockWasSetBackTheyGoOnFromThere) {
  Counters counters;
  counters.take(sample(50'000, 7, 100));
  counters.begin_anew();
  counters.take(sample(1000, 7, 130));
  counters.take(sample(2000, 7, 190));
  EXPECT_EQ(requests(counters, 1000, 2000), 60);
}

}  // namespace
}  // namespace slipway::haproxy
