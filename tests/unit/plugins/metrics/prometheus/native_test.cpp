#include "plugins/metrics/prometheus/native.hpp"

#include <gtest/gtest.h>

namespace slipway::prometheus {
namespace {

Found found(const std::vector<std::vector<NativeHistogram>>& series) {
  Found answer;
  for (const auto& native : series)
    answer.series.push_back({.labels = {{"release", "2.0"}}, .times = {1, 2}, .native = native});
  return answer;
}

// "0.5: 1 4; +Inf: 2 9": what each counter shows over time.
std::string shown(const Found& classic) {
  std::string text;
  for (const Series& counter : classic.series) {
    text += (text.empty() ? "" : "; ") + counter.labels.at("le") + ":";
    for (const double point : counter.points) text += " " + to_text(static_cast<std::int64_t>(point));
    EXPECT_EQ(counter.labels.at("release"), "2.0");
    EXPECT_EQ(counter.times, (std::vector<std::int64_t>{1, 2}));
  }
  return text;
}

std::string told(const std::vector<std::vector<NativeHistogram>>& series) {
  Found answer = found(series);
  make_classic({&answer});
  return shown(answer);
}

NativeHistogram of(std::vector<NativeBucket> buckets) {
  double all = 0;
  for (const NativeBucket& bucket : buckets) all += bucket.count;
  return {all, std::move(buckets)};
}

TEST(PrometheusNative, CountsUpToEachBoundThatAnyOfItsBucketsHas) {
  EXPECT_EQ(told({{of({{1, 2, 3}}), of({{0.5, 1, 2}, {1, 2, 4}, {8, 16, 1}})}}), "1: 0 2; 2: 3 6; 16: 3 7; +Inf: 3 7");
}

TEST(PrometheusNative, LeavesOutABoundInsideOfACoarserBucketOfAnyTimeAndTarget) {
  EXPECT_EQ(told({{of({{1, 1.5, 3}, {1.5, 2, 1}}), of({{1, 2, 5}})}}), "2: 4 5; +Inf: 4 5");
  EXPECT_EQ(told({{of({{1, 1.5, 3}}), of({{1, 1.5, 4}})}, {of({{1, 2, 1}}), of({{1, 2, 1}})}}),
            "2: 3 4; +Inf: 3 4; 2: 1 1; +Inf: 1 1");
  EXPECT_EQ(told({{of({{-1, 1, 2}, {1, 2, 1}}), of({{-0.5, 0.5, 2}, {0.5, 1, 1}})}}), "1: 2 3; 2: 3 3; +Inf: 3 3");
}

// Else an edge of 0.3 would call all of stable's requests slow, and not all of next's.
TEST(PrometheusNative, OfTwoGroupsHasTheBoundsThatBothKnow) {
  Found stable = found({{of({{0.125, 0.25, 1}, {0.25, 0.5, 2}}), of({{0.125, 0.25, 5}, {0.25, 0.5, 8}})}});
  Found next =
      found({{of({{0.25, 0.2726, 1}, {0.4585, 0.5, 1}}), of({{0.25, 0.2726, 4}, {0.4585, 0.5, 9}, {1, 2, 1}})}});
  make_classic({&next, &stable});
  EXPECT_EQ(shown(stable), "0.25: 1 5; 0.5: 3 13; 2: 3 13; +Inf: 3 13");
  EXPECT_EQ(shown(next), "0.25: 0 0; 0.5: 2 13; 2: 2 14; +Inf: 2 14");
}

TEST(PrometheusNative, CountsWhatIsNoNumberAboveEverything) {
  EXPECT_EQ(told({{{3, {{1, 2, 3}}}, {5, {{1, 2, 3}}}}}), "2: 3 3; +Inf: 3 5");
}

TEST(PrometheusNative, ThatIsEmptyHasCountedNothing) { EXPECT_EQ(told({{of({}), of({})}}), "+Inf: 0 0"); }

TEST(PrometheusNative, MayHaveAZeroBucketWithoutAWidth) {
  EXPECT_EQ(told({{of({{0, 0, 1}}), of({{0, 0, 1}, {0, 1, 2}})}}), "0: 1 1; 1: 1 3; +Inf: 1 3");
}

TEST(PrometheusNative, BesideAnotherKindOfSeriesStaysAsItIs) {
  Found answer{{{.labels = {{"le", "1"}}, .points = {1}, .times = {1}}, {.times = {1}, .native = {{}}}}, {}};
  make_classic({&answer});
  EXPECT_EQ(answer.series.size(), 2U);
  EXPECT_FALSE(answer.series.back().native.empty());
}

}  // namespace
}  // namespace slipway::prometheus
