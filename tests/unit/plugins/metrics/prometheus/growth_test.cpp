#include "plugins/metrics/prometheus/growth.hpp"

#include <gtest/gtest.h>

#include <cmath>
#include <limits>

namespace slipway::prometheus {
namespace {

// Samples of a counter, one each second from 0 on; NaN where none was scraped.
Series counter(std::initializer_list<double> points, std::map<std::string, std::string> labels = {}) {
  Series series{.labels = std::move(labels)};
  std::int64_t second = 0;
  for (const double point : points) {
    if (!std::isnan(point)) {
      series.points.push_back(point);
      series.times.push_back(second * 1'000);
    }
    ++second;
  }
  return series;
}
constexpr double kGap = std::numeric_limits<double>::quiet_NaN();

metrics::Window between(std::int64_t from, std::int64_t to) {
  return {"w", Instant{} + seconds(from), Instant{} + seconds(to)};
}

// What it has grown by, and how often it began anew: "7, 1".
std::string grown(std::vector<Series> series, const metrics::Window& window) {
  const auto growth = growth_of({std::move(series), {}}, window, "");
  if (!growth.ok()) return growth.status().message;
  return to_text(growth->front().series.points.front()) + ", " + std::to_string(growth->front().restarts);
}

TEST(PrometheusGrowth, IsWhatCameAfterTheLastSampleBeforeTheWindow) {
  EXPECT_EQ(grown({counter({10, 13, 17, 24, 30})}, between(1, 3)), "11.0, 0");
}

TEST(PrometheusGrowth, OfWindowsThatFollowEachOtherAddsUp) {
  const auto series = counter({10, 13, kGap, 24, 2, 5, kGap, 9, 9, 14});
  for (std::int64_t cut = 1; cut < 9; ++cut) {
    const auto sum = [&](const metrics::Window& window) {
      const auto growth = growth_of({{series}, {}}, window, "");
      return growth.ok() ? growth->front().series.points.front() : 0;
    };
    EXPECT_EQ(sum(between(0, cut)) + sum(between(cut, 9)), 14 + 14) << cut;
  }
}

TEST(PrometheusGrowth, OfACounterThatBeganAnewIsWhatItShowsSinceAndIsTold) {
  EXPECT_EQ(grown({counter({100, 103, 4, 9})}, between(0, 3)), "12.0, 1");
  EXPECT_EQ(grown({counter({100, 4, 9, 2})}, between(0, 3)), "11.0, 2");
  EXPECT_EQ(grown({counter({100, 0, 0, 0})}, between(0, 3)), "0.0, 1");
  EXPECT_EQ(grown({counter({100, 2, 5, 9})}, between(1, 3)), "7.0, 0") << "before the window it is the window's before";
}

TEST(PrometheusGrowth, OfANewSeriesIsAllThatItShows) {
  EXPECT_EQ(grown({counter({10, 20, 30}), counter({kGap, kGap, 4})}, between(1, 2)), "14.0, 0");
}

TEST(PrometheusGrowth, OfASeriesThatEndsIsWhatItShowedUntilThen) {
  EXPECT_EQ(grown({counter({10, 20, kGap, kGap}), counter({1, 2, 3, 4})}, between(0, 3)), "13.0, 0");
}

TEST(PrometheusGrowth, AfterAScrapeThatFailedNothingIsCountedTwice) {
  EXPECT_EQ(grown({counter({1'000, kGap, 1'007, 1'009})}, between(1, 3)), "9.0, 0");
}

TEST(PrometheusGrowth, IsNoneWithoutASampleInTheWindowOrWithoutANumber) {
  EXPECT_EQ(grown({counter({10, 20, kGap, kGap})}, between(2, 3)), "no scrape in the window");
  EXPECT_EQ(grown({}, between(0, 3)), "no scrape in the window");
  EXPECT_EQ(grown({counter({10, -1})}, between(0, 1)), "a counter that is no number, or below zero");
  EXPECT_EQ(grown({counter({10, INFINITY})}, between(0, 1)), "a counter that is no number, or below zero");
}

double covered(std::vector<Series> series, const metrics::Window& window) {
  return value_or_throw(growth_of({std::move(series), {}}, window, "")).front().covered;
}

TEST(PrometheusGrowth, CoversTheTimeFromTheScrapeBeforeTheWindowToTheLastOneInIt) {
  EXPECT_EQ(covered({counter({10, 13, 17, 24, 30})}, between(1, 3)), 1);
  EXPECT_EQ(covered({counter({10, 13, kGap, 24, kGap})}, between(1, 4)), 2.0 / 3);
  EXPECT_EQ(covered({counter({10, kGap, 17, 24})}, between(1, 3)), 1) << "more than the window is the whole of it";
  EXPECT_EQ(covered({counter({kGap, kGap, 17, 24})}, between(1, 3)), 1) << "new: there was nothing before it";
}

TEST(PrometheusGrowth, DoesNotCoverWhatNobodyCouldCount) {
  EXPECT_EQ(covered({counter({100, 103, 4, 9})}, between(0, 3)), 2.0 / 3) << "it began anew";
  EXPECT_EQ(covered({counter({10, 20, kGap, kGap}), counter({1, 2, 3, 4})}, between(0, 3)), (1.0 / 3 + 1) / 2)
      << "one of two ended";
}

TEST(PrometheusGrowth, OfBucketsTheOnesOfOneHistogramBeginAnewTogether) {
  const std::vector<Series> buckets{
      counter({5, 5, 7}, {{"le", "0.1"}, {"instance", "a"}}), counter({90, 95, 8}, {{"le", "+Inf"}, {"instance", "a"}}),
      counter({1, 2, 3}, {{"le", "0.1"}, {"instance", "b"}}), counter({2, 4, 6}, {{"le", "+Inf"}, {"instance", "b"}})};
  const auto growth = growth_of({buckets, {}}, between(0, 2), "le");
  ASSERT_TRUE(growth.ok());
  std::map<std::string, double> sums;
  for (const Growth& one : *growth) sums[one.series.labels.at("le")] = one.series.points.front();
  EXPECT_EQ(sums, (std::map<std::string, double>{{"0.1", 0 + 7 + 2}, {"+Inf", 5 + 8 + 4}}));
  EXPECT_EQ(told_restarts(*growth, "latency", "next"),
            "latency of next: counters began anew 1 time in this window; what they counted between the last scrape and "
            "that is not known");
  EXPECT_EQ(told_restarts({}, "latency", "next"), std::nullopt);
}

}  // namespace
}  // namespace slipway::prometheus
