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

Result<Growth> growth_of_all(std::vector<Series> series, const metrics::Window& window,
                             const std::set<Target>& missing = {}, const std::string& by = "") {
  const Found found{std::move(series), {}};
  return growth_of(found, window, by, Scrapes({found}), missing);
}

// What it has grown by, and how often it began anew: "7, 1".
std::string grown(std::vector<Series> series, const metrics::Window& window) {
  const auto growth = growth_of_all(std::move(series), window);
  if (!growth.ok()) return growth.status().message;
  return to_text(growth->sums.series.front().points.front()) + ", " + std::to_string(growth->restarts);
}

TEST(PrometheusGrowth, IsWhatCameAfterTheLastSampleBeforeTheWindow) {
  EXPECT_EQ(grown({counter({10, 13, 17, 24, 30})}, between(1, 3)), "11.0, 0");
}

TEST(PrometheusGrowth, OfWindowsThatFollowEachOtherAddsUp) {
  const auto series = counter({10, 13, kGap, 24, 2, 5, kGap, 9, 9, 14});
  for (std::int64_t cut = 1; cut < 9; ++cut) {
    const auto sum = [&](const metrics::Window& window) {
      const auto growth = growth_of_all({series}, window);
      return growth.ok() ? growth->sums.series.front().points.front() : 0;
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

TEST(PrometheusGrowth, OfACounterThatIsNewToPrometheusIsNotItsWholeLife) {
  EXPECT_EQ(grown({counter({kGap, kGap, 1'000'000, 1'000'007})}, between(1, 3)), "7.0, 0");
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

TEST(PrometheusGrowth, OfOneThatTheScrapeBeforeDidNotTellOfIsAllThatItShows) {
  const auto good = counter({100, 110, 120, 130}, {{"instance", "a"}, {"code", "200"}});
  EXPECT_EQ(grown({good, counter({kGap, kGap, 4, 5}, {{"instance", "a"}, {"code", "500"}})}, between(1, 3)), "25.0, 0");
  EXPECT_EQ(grown({good, counter({kGap, kGap, 4, 5}, {{"instance", "b"}, {"code", "500"}})}, between(1, 3)), "21.0, 0")
      << "another target says nothing of it";
  EXPECT_EQ(grown({good, counter({kGap, kGap, 4, 5}, {{"job", "x"}, {"instance", "a"}})}, between(1, 3)), "21.0, 0");
}

TEST(PrometheusGrowth, OfOneThatWasScrapedOnceIsNotKnown) {
  EXPECT_EQ(grown({counter({kGap, kGap, 400})}, between(1, 3)), "one scrape only, and nothing before it to count from");
  const auto next = growth_of_all({counter({kGap, kGap, 400, 403})}, between(2, 3));
  EXPECT_EQ(next->sums.series.front().points.front(), 3) << "the window after it counts from there";
  EXPECT_EQ(next->covered, 1);
}

double covered(std::vector<Series> series, const metrics::Window& window, const std::set<Target>& missing = {}) {
  return value_or_throw(growth_of_all(std::move(series), window, missing)).covered;
}

TEST(PrometheusGrowth, CoversTheTimeFromTheScrapeBeforeTheWindowToTheLastOneInIt) {
  EXPECT_EQ(covered({counter({10, 13, 17, 24, 30})}, between(1, 3)), 1);
  EXPECT_EQ(covered({counter({10, 13, 17, kGap, kGap})}, between(1, 4)), 1.0 / 3) << "two scrapes are missing";
  EXPECT_EQ(covered({counter({10, kGap, 17, 24})}, between(1, 3)), 1) << "more than the window is the whole of it";
  EXPECT_EQ(covered({counter({kGap, kGap, 17, 24})}, between(1, 3)), 1.0 / 2) << "nobody knows what was before";
}

TEST(PrometheusGrowth, CoversAWindowThatIsNoMultipleOfTheTimeBetweenScrapes) {
  const auto scraped = counter({0, kGap, kGap, 3, kGap, kGap, 6, kGap, kGap, 9, kGap, kGap, 12});
  for (std::int64_t begin = 0; begin <= 8; ++begin)
    EXPECT_EQ(covered({scraped}, between(begin, begin + 4)), 1) << begin;
}

// Of one target, at these times (seconds).
Series scraped_at(std::initializer_list<std::int64_t> times, const std::string& instance = "a") {
  Series series{.labels = {{"instance", instance}}};
  for (const std::int64_t time : times) {
    series.times.push_back(time * 1'000);
    series.points.push_back(static_cast<double>(time));
  }
  return series;
}

TEST(PrometheusGrowth, CoversTheWholeWindowOnceTheScrapesComeMoreSeldom) {
  const auto seldom = scraped_at({0, 15, 30, 45, 60, 120});
  EXPECT_EQ(covered({seldom}, between(100, 160)), 1);
  EXPECT_EQ(covered({seldom}, between(111, 211)), 9.0 / 100) << "the next one is late";
}

TEST(PrometheusGrowth, NoticesAMissingScrapeSoonAfterTheScrapesComeMoreOften) {
  EXPECT_EQ(covered({scraped_at({0, 60, 120, 135, 150, 165})}, between(145, 195)), 20.0 / 50);
}

TEST(PrometheusGrowth, CoversTheWholeWindowOfATargetThatTwoServersScrape) {
  EXPECT_EQ(covered({scraped_at({0, 1, 15, 16, 30, 31})}, between(10, 40)), 1);
  EXPECT_EQ(covered({scraped_at({0, 1, 15, 16, 30, 31})}, between(10, 60)), 21.0 / 50);
}

TEST(PrometheusGrowth, OfATargetThatWasScrapedOnceIsDueAsTheOthersAre) {
  const Scrapes scrapes({{{scraped_at({0, 15, 30}), scraped_at({0, 60}, "b"), scraped_at({60}, "c")}, {}}});
  EXPECT_EQ(scrapes.due_after({{"instance", "a"}}), 22'500);
  EXPECT_EQ(scrapes.due_after({{"instance", "c"}}), 90'000);
  EXPECT_EQ(Scrapes({{{scraped_at({60}, "c")}, {}}}).due_after({{"instance", "c"}}), std::nullopt);
}

TEST(PrometheusGrowth, DoesNotCoverWhatNobodyCouldCount) {
  EXPECT_EQ(covered({counter({100, 103, 4, 9})}, between(0, 3)), 2.0 / 3) << "it began anew";
  EXPECT_EQ(covered({counter({10, 20, kGap, kGap}, {{"instance", "a"}}), counter({1, 2, 3, 4}, {{"instance", "b"}})},
                    between(0, 3)),
            (1.0 / 3 + 1) / 2)
      << "one of two ended";
}

TEST(PrometheusGrowth, OfATargetThatToldNothingCoversNothing) {
  const std::vector<Series> two{counter({10, 20, kGap, kGap, kGap}, {{"instance", "a"}, {"job", "shop"}}),
                                counter({1, 2, 3, 4, 5}, {{"instance", "b"}, {"job", "shop"}})};
  const Scrapes scrapes({{two, {}}});
  const Target a{{"instance", "a"}, {"job", "shop"}};
  EXPECT_EQ(scrapes.silent(between(2, 4)), std::set<Target>{a});
  EXPECT_TRUE(scrapes.silent(between(0, 4)).empty());
  EXPECT_TRUE(scrapes.silent(between(1, 2)).empty()) << "the next scrape is not late yet";

  Series up{.labels = {{"__name__", "up"}, {"instance", "a"}, {"job", "shop"}}};
  EXPECT_EQ(tried({a}, {{up}, {}}), std::set<Target>{a});
  EXPECT_TRUE(tried({a}, {}).empty()) << "it ended";
  EXPECT_EQ(covered(two, between(2, 4), {a}), 0.5);
  EXPECT_EQ(covered(two, between(2, 4)), 1);
}

TEST(PrometheusGrowth, OfBucketsTheOnesOfOneHistogramBeginAnewTogether) {
  const std::vector<Series> buckets{
      counter({5, 5, 7}, {{"le", "0.1"}, {"instance", "a"}}), counter({90, 95, 8}, {{"le", "+Inf"}, {"instance", "a"}}),
      counter({1, 2, 3}, {{"le", "0.1"}, {"instance", "b"}}), counter({2, 4, 6}, {{"le", "+Inf"}, {"instance", "b"}})};
  const auto growth = growth_of_all(buckets, between(0, 2), {}, "le");
  ASSERT_TRUE(growth.ok());
  std::map<std::string, double> sums;
  for (const Series& one : growth->sums.series) sums[one.labels.at("le")] = one.points.front();
  EXPECT_EQ(sums, (std::map<std::string, double>{{"0.1", 0 + 7 + 2}, {"+Inf", 5 + 8 + 4}}));
  EXPECT_EQ(growth->restarts, 1);
}

TEST(PrometheusGrowth, TellsWhatItDoesNotKnow) {
  EXPECT_EQ(doubts_of({.sums = {}, .restarts = 1, .unknown = 2}, "latency", "next"),
            (std::vector<std::string>{"latency of next: counters began anew 1 time in this window; what they counted "
                                      "between the last scrape and that is not known",
                                      "latency of next: 2 counters new to Prometheus in this window; what they counted "
                                      "before their first scrape is not known"}));
  EXPECT_TRUE(doubts_of({}, "latency", "next").empty());
}

}  // namespace
}  // namespace slipway::prometheus
