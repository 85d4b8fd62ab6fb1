// metrics-prometheus against a real Prometheus that scrapes a real target.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <atomic>
#include <cmath>
#include <fstream>
#include <random>
#include <slipway/interfaces/metrics.hpp>
#include <thread>

#include "tests/contract/hosted.hpp"
#include "tests/integration/metrics_prometheus/http.hpp"
#include "tests/integration/metrics_prometheus/native_histogram.hpp"
#include "tests/support/server_process.hpp"
#include "tests/support/temporary_directory.hpp"

namespace slipway::test {
namespace {

using testing::HasSubstr;

Instant wall_clock() {
  const auto since = std::chrono::system_clock::now().time_since_epoch();
  return {std::chrono::duration_cast<std::chrono::nanoseconds>(since).count()};
}

std::string exposition() {
  return "requests_total{app=\"shop\",release=\"1.0\"} 400\n"
         "requests_total{app=\"shop\",release=\"2.0\"} 100\n"
         "error_ratio{app=\"shop\",release=\"1.0\"} 0.01\n"
         "error_ratio{app=\"shop\",release=\"2.0\"} NaN\n"
         "took_bucket{release=\"1.0\",le=\"0.1\"} 30\n"
         "took_bucket{release=\"1.0\",le=\"0.5\"} 90\n"
         "took_bucket{release=\"1.0\",le=\"+Inf\"} 100\n"
         "cut_bucket{release=\"1.0\",le=\"0.1\"} 30\n"
         "cut_bucket{release=\"1.0\",le=\"0.5\"} 90\n"
         "cut_bucket{release=\"1.0\",le=\"+Inf\"} 100\n"
         "cut_bucket{release=\"2.0\",le=\"0.2\"} 1\n"
         "cut_bucket{release=\"2.0\",le=\"0.5\"} 7\n"
         "cut_bucket{release=\"2.0\",le=\"+Inf\"} 8\n"
         "moved_bucket{release=\"1.0\",le=\"0.1\"} 30\n"
         "moved_bucket{release=\"1.0\",le=\"+Inf\"} 100\n"
         "moved_bucket{release=\"2.0\",le=\"0.2\"} 1\n"
         "moved_bucket{release=\"2.0\",le=\"+Inf\"} 8\n";
}

// A target that counts, and can be gone.
struct Counting {
  std::atomic<int> count{0};
  std::atomic<bool> is_gone{false};
  std::string text() {
    if (is_gone) return "";
    const std::string n = std::to_string(count);
    return "served_total{release=\"2.0\"} " + n + "\nspent_bucket{release=\"2.0\",le=\"0.1\"} " +
           std::to_string(count / 2) + "\nspent_bucket{release=\"2.0\",le=\"+Inf\"} " + n + "\n";
  }
};

std::string twin() { return "twin_total{release=\"2.0\"} 5\n"; }

// A target that takes half a second to answer, and counts seven more each time.
struct Slow {
  std::atomic<int> count{0};
  std::string text() {
    std::this_thread::sleep_for(std::chrono::milliseconds(500));
    return "slow_total{release=\"2.0\"} " + std::to_string(count += 7) + "\n";
  }
};

// One server for all tests of the program.
class PrometheusServer {
 public:
  PrometheusServer() {
    const auto file = directory_.path() / "prometheus.yml";
    std::ofstream(file) << "global: {scrape_interval: 200ms, scrape_timeout: "
                           "200ms}\nscrape_configs:\n  - job_name: shop\n"
                           "    static_configs: [{targets: ['127.0.0.1:"
                        << target_.port() << "', '127.0.0.1:" << native_target_.port()
                        << "', '127.0.0.1:" << observing_target_.port()
                        << "', '127.0.0.1:" << other_observing_target_.port()
                        << "', '127.0.0.1:" << counting_target_.port()
                        << "']}]\n  - job_name: twins\n    scrape_interval: 1s\n    scrape_timeout: 1s\n"
                           "    static_configs: [{targets: ['127.0.0.1:"
                        << twin_target_.port() << "', '127.0.0.1:" << other_twin_target_.port()
                        << "']}]\n  - job_name: slow\n    scrape_interval: 1s\n    scrape_timeout: 1s\n"
                           "    static_configs: [{targets: ['127.0.0.1:"
                        << slow_target_.port() << "']}]\n";
    process_ = std::make_unique<ServerProcess>(
        std::vector<std::string>{"prometheus", "--config.file=" + file.string(),
                                 "--storage.tsdb.path=" + (directory_.path() / "data").string(),
                                 "--web.listen-address=127.0.0.1:" + std::to_string(port_), "--log.level=warn",
                                 "--enable-feature=native-histograms"},
        directory_.path() / "prometheus.log");
    const auto scraped = [&] {
      const auto reply = send_http({.url = url() + "/api/v1/query?query=count(requests_total)"});
      const auto native = send_http({.url = url() + "/api/v1/query?query=took_native"});
      return reply.ok() && reply->body.find("\"2\"") != std::string::npos && native.ok() &&
             native->body.find("\"buckets\"") != std::string::npos;
    };
    if (!eventually(scraped, std::chrono::seconds(40))) throw std::runtime_error("Prometheus has scraped nothing");
  }
  Counting counting;
  Observing observing{"lasted"};
  Observing other_observing{"lasted"};
  std::atomic<bool> twin_is_gone{false};
  // Waits until Prometheus has scraped this of the counting target; "[]" for nothing.
  void until_counted(const std::string& told, const std::string& query = "served_total") const {
    const auto seen = [&] {
      const auto reply = send_http({.url = url() + "/api/v1/query?query=" + query});
      return reply.ok() && reply->body.find(told) != std::string::npos;
    };
    ASSERT_TRUE(eventually(seen)) << told;
  }
  [[nodiscard]] std::string url() const { return "http://127.0.0.1:" + std::to_string(port_); }

 private:
  TemporaryDirectory directory_;
  Target target_{exposition};
  Target native_target_{[] { return native_histogram(); }, kProtobuf};
  Target observing_target_{[this] { return observing.told(); }, kProtobuf};
  Target other_observing_target_{[this] { return other_observing.told(); }, kProtobuf};
  Target counting_target_{[this] { return counting.text(); }};
  Target twin_target_{[this] { return twin_is_gone ? "" : twin(); }};
  Target other_twin_target_{twin};
  Slow slow_;
  Target slow_target_{[this] { return slow_.text(); }};
  std::uint16_t port_ = free_port();
  std::unique_ptr<ServerProcess> process_;
};

class PrometheusMetrics : public testing::Test {
 protected:
  static void SetUpTestSuite() { server_ = std::make_unique<PrometheusServer>(); }
  static void TearDownTestSuite() { server_.reset(); }

  Result<metrics::QueryReply> ask(const Json& query) {
    const Instant now = wall_clock();
    return ask(query, now - milliseconds(500), now);
  }
  Result<metrics::QueryReply> ask(const Json& query, Instant from, Instant to) {
    return ask_of(plugin_, query, from, to);
  }
  Result<metrics::QueryReply> ask_of(Hosted& plugin, const Json& query, Instant from, Instant to) {
    return call<metrics::Interface, metrics::Query>(plugin, {.tenant = "acme",
                                                             .application = "shop",
                                                             .query = query,
                                                             .groups = {{"next", "2.0", {}}, {"stable", "1.0", {}}},
                                                             .window = {"w" + std::to_string(++windows_), from, to}});
  }
  metrics::QueryReply answer(const Json& query) {
    const auto reply = ask(query);
    if (!reply.ok()) throw Error(reply.status());
    return *reply;
  }

  // Its counter comes to `count`, and Prometheus has seen that.
  static Instant count_to(int count) {
    server_->counting.count = count;
    server_->until_counted("\"" + std::to_string(count) + "\"");
    return wall_clock();
  }
  static PrometheusServer& server() { return *server_; }
  static void gone_for_a_time() {
    server_->counting.is_gone = true;
    server_->until_counted("[]");
    server_->counting.count = 0;
    server_->counting.is_gone = false;
  }

 private:
  static std::unique_ptr<PrometheusServer> server_;
  // These tests wait themselves until Prometheus has what they ask for.
  Hosted plugin_{"metrics-prometheus", {{"url", server_->url()}, {"delay", "0s"}}, [](FakeHost& host) {
                   host.on_http(send_http);
                 }};
  int windows_ = 0;
};

std::unique_ptr<PrometheusServer> PrometheusMetrics::server_;

TEST_F(PrometheusMetrics, EachGroupHasItsOwnNumbers) {
  const auto reply =
      answer({{"queries", {{"requests", R"(requests_total{app="${application}", release="${release}"})"}}}});
  EXPECT_EQ(reply.groups.at(0).values.at("requests"), 100);
  EXPECT_EQ(reply.groups.at(1).values.at("requests"), 400);
  EXPECT_EQ(reply.groups.at(1).completeness, 1);
}

TEST_F(PrometheusMetrics, ANaNAndAMissingSeriesAreAbsent) {
  const auto reply =
      answer({{"queries", {{"errors", R"(error_ratio{release="${release}"})"}, {"none", "no_such_series"}}}});
  EXPECT_TRUE(reply.groups.at(0).values.empty());
  EXPECT_EQ(reply.groups.at(0).problem, "errors: no number (NaN or infinite); none: no series");
  EXPECT_EQ(reply.groups.at(0).completeness, 0);
  EXPECT_EQ(reply.groups.at(1).values.at("errors"), 0.01);
  EXPECT_EQ(reply.groups.at(1).completeness, 0.5);
}

TEST_F(PrometheusMetrics, BucketsBecomeAHistogram) {
  const auto reply = answer({{"histograms", {{"latency", R"(took_bucket{release="${release}"})"}}}});
  const auto& buckets = reply.groups.at(1).histograms.at("latency");
  ASSERT_EQ(buckets.size(), 3U);
  EXPECT_EQ(buckets[1].upper, 0.5);
  EXPECT_EQ(buckets[1].count, 60);
  EXPECT_EQ(buckets[2].count, 10);
}

TEST_F(PrometheusMetrics, OfHistogramsWithOtherBucketsBothGroupsHaveTheCommonOnes) {
  const std::string said =
      "not all histograms have the same buckets: next has 0.2, 0.5; stable has 0.1, 0.5; counted at those that each of "
      "them has: 0.5";
  const auto reply = answer({{"histograms", {{"latency", R"(cut_bucket{release="${release}"})"}}}});
  EXPECT_EQ(reply.warnings, std::vector{"latency: " + said});
  for (const auto& [group, count] : {std::pair{0U, 7}, {1U, 90}}) {
    const auto& buckets = reply.groups.at(group).histograms.at("latency");
    ASSERT_EQ(buckets.size(), 2U);
    EXPECT_EQ(buckets[0].upper, 0.5);
    EXPECT_EQ(buckets[0].count, count);
  }
  metrics::QueryReply counted;
  ASSERT_TRUE(eventually([&] {
    counted = answer({{"bucket_counters", {{"latency", R"(cut_bucket{release="${release}"})"}}}});
    return counted.groups.at(0).histograms.contains("latency") && counted.groups.at(1).histograms.contains("latency");
  })) << "two scrapes, to count from one to the other";
  EXPECT_THAT(counted.warnings, testing::Contains("latency: " + said));
  for (const auto& group : counted.groups) EXPECT_EQ(group.histograms.at("latency").size(), 2U) << group.role;
}

TEST_F(PrometheusMetrics, HistogramsWithoutACommonBucketAreAbsentAndBothAreNamed) {
  for (const char* kind : {"histograms", "bucket_counters"}) {
    metrics::QueryReply reply;
    ASSERT_TRUE(eventually([&] {
      reply = answer({{kind, {{"latency", R"(moved_bucket{release="${release}"})"}}}});
      return reply.groups.at(0).problem.find("one scrape only") == std::string::npos;
    }));
    for (const auto& group : reply.groups) {
      EXPECT_TRUE(group.histograms.empty());
      EXPECT_THAT(group.problem,
                  HasSubstr("latency: not all histograms have the same buckets: next has 0.2; stable has "
                            "0.1; no bound is in each of them, so they can't be compared"));
      EXPECT_EQ(group.completeness, 0);
    }
  }
}

TEST_F(PrometheusMetrics, ANativeHistogramIsOne) {
  const auto reply = answer({{"histograms", {{"latency", R"(took_native{release="${release}"})"}}}});
  EXPECT_EQ(reply.groups.at(0).problem, "latency: no series");
  const auto& buckets = reply.groups.at(1).histograms.at("latency");
  ASSERT_EQ(buckets.size(), 3U);
  EXPECT_EQ(buckets[0].upper, 0.001);
  EXPECT_EQ(buckets[0].count, 10);
  EXPECT_EQ(buckets[1].upper, 2);
  EXPECT_EQ(buckets[1].count, 30);
  EXPECT_EQ(buckets[2].upper, 4);
  EXPECT_EQ(buckets[2].count, 60);
}

// Of what targets counted in a window: for each bucket that the answer has, how many took longer.
void expect_exceedances(const metrics::QueryReply& reply, const std::vector<double>& took) {
  const auto& histograms = reply.groups.at(0).histograms;
  ASSERT_TRUE(histograms.contains("lasted")) << reply.groups.at(0).problem;
  EXPECT_GT(histograms.at("lasted").size(), 10U);
  auto left = static_cast<std::int64_t>(took.size());
  for (const metrics::Bucket& bucket : histograms.at("lasted")) {
    left -= bucket.count;
    const double upper = bucket.upper.value_or(std::numeric_limits<double>::infinity());
    EXPECT_EQ(left, std::count_if(took.begin(), took.end(), [&](double one) { return one > upper; })) << upper;
  }
  EXPECT_EQ(left, 0);
}

// From a millisecond to a few seconds, some of them at a bound.
std::vector<double> durations(std::size_t count, std::uint64_t seed) {
  std::mt19937_64 random(seed);
  std::uniform_real_distribution<double> exponent(-9, 2);
  std::vector<double> all{0.25, 0.5};
  while (all.size() < count) all.push_back(std::exp2(exponent(random)));
  return all;
}

template <typename... Lists>
std::vector<double> together(std::vector<double> all, const Lists&... lists) {
  (all.insert(all.end(), lists.begin(), lists.end()), ...);
  return all;
}

TEST_F(PrometheusMetrics, NativeHistogramsOfAWindowAreWhatTheirTargetsCountedInIt) {
  const Json query{{"bucket_counters", {{"lasted", R"(lasted{release="${release}"})"}}}};
  Observing& one = server().observing;
  Observing& other = server().other_observing;
  const auto seen = [&](std::size_t of_both) {
    server().until_counted("\"" + std::to_string(of_both) + "\"", "sum(histogram_count(lasted))");
    return wall_clock();
  };
  one.observe(durations(70, 1));
  other.observe(durations(30, 2));
  const Instant begin = seen(100);
  const auto first = durations(400, 3);
  const auto of_other = durations(500, 4);
  one.observe(first);
  other.observe(of_other);
  const Instant middle = seen(1'000);
  const auto coarse = durations(300, 5);
  one.make_coarser(1);
  one.observe(coarse);
  const Instant end = seen(1'300);
  const auto anew = durations(200, 6);
  one.begin_anew();
  one.observe(anew);
  const Instant after = seen(730);

  expect_exceedances(*ask(query, begin, middle), together(first, of_other));
  expect_exceedances(*ask(query, middle, end), coarse);
  expect_exceedances(*ask(query, begin, end), together(first, of_other, coarse));
  const auto restarted = ask(query, begin, after);
  expect_exceedances(*restarted, together(first, of_other, coarse, anew));
  EXPECT_EQ(restarted->warnings,
            (std::vector<std::string>{"lasted of next: counters began anew 1 time in this window; what they counted "
                                      "between the last scrape and that is not known"}));
  EXPECT_EQ(restarted->groups.at(1).problem, "lasted: no scrape in the window");
}

TEST_F(PrometheusMetrics, ARangeIsReduced) {
  const Json query{{"queries", {{"requests", R"(requests_total{release="${release}"})"}}},
                   {"kind", "range"},
                   {"step", "100ms"},
                   {"reduce", "max"}};
  EXPECT_EQ(answer(query).groups.at(1).values.at("requests"), 400);
}

TEST_F(PrometheusMetrics, TheWindowStandsInARange) {
  const auto reply =
      answer({{"queries", {{"scrapes", R"(count_over_time(requests_total{release="${release}"}[${window}]))"}}}});
  EXPECT_GE(reply.groups.at(1).values.at("scrapes"), 1);
}

TEST_F(PrometheusMetrics, ACounterThatBeginsAnewInAWindowIsCountedOnAndTold) {
  const Json query{{"counters", {{"requests", R"(served_total{release="${release}"})"}}},
                   {"bucket_counters", {{"took", R"(spent_bucket{release="${release}"})"}}}};
  const Instant begin = count_to(1'000);
  count_to(1'040);
  gone_for_a_time();
  count_to(6);
  const Instant middle = count_to(10);
  const Instant end = count_to(90);

  const auto whole = ask(query, begin, end);
  ASSERT_TRUE(whole.ok()) << to_string(whole.status());
  EXPECT_EQ(whole->groups.at(0).values.at("requests"), 40 + 90);
  const auto& took = whole->groups.at(0).histograms.at("took");
  ASSERT_EQ(took.size(), 2U);
  EXPECT_EQ(took[0].count, 20 + 45);
  EXPECT_EQ(took[1].count, 20 + 45);
  EXPECT_EQ(whole->warnings,
            (std::vector<std::string>{"requests of next: counters began anew 1 time in this window; what they counted "
                                      "between the last scrape and that is not known",
                                      "took of next: counters began anew 1 time in this window; what they counted "
                                      "between the last scrape and that is not known"}));
  EXPECT_EQ(whole->groups.at(1).problem, "requests: no scrape in the window; took: no scrape in the window");

  EXPECT_EQ(ask(query, begin, middle)->groups.at(0).values.at("requests"), 40 + 10);
  const auto after = ask(query, middle, end);
  EXPECT_EQ(after->groups.at(0).values.at("requests"), 80);
  EXPECT_TRUE(after->warnings.empty());
}

TEST_F(PrometheusMetrics, ATargetThatWasGoneAndGoesOnIsNotCountedTwice) {
  const Json query{{"counters", {{"requests", R"(served_total{release="${release}"})"}}}};
  count_to(5'000);
  server().counting.is_gone = true;
  server().until_counted("[]");
  const Instant begin = wall_clock();
  server().counting.is_gone = false;
  const auto reply = ask(query, begin, count_to(5'003));
  ASSERT_TRUE(reply.ok()) << to_string(reply.status());
  EXPECT_EQ(reply->groups.at(0).values.at("requests"), 3);
  EXPECT_TRUE(reply->warnings.empty());
}

TEST_F(PrometheusMetrics, OfATargetThatIsGoneTheLastValueStandsNoLonger) {
  const Json query{{"queries", {{"requests", R"(served_total{release="${release}"})"}}}};
  count_to(4'000);
  EXPECT_EQ(answer(query).groups.at(0).values.at("requests"), 4'000);
  server().counting.is_gone = true;
  server().until_counted("[]");
  const auto reply = ask(query);
  server().counting.is_gone = false;
  ASSERT_TRUE(reply.ok()) << to_string(reply.status());
  EXPECT_EQ(reply->groups.at(0).problem, "requests: no series");
  EXPECT_EQ(reply->groups.at(0).completeness, 0);
}

TEST_F(PrometheusMetrics, WhatATargetCountedBeforePrometheusKnewItIsNoGrowthOfAWindow) {
  const Json query{{"counters", {{"requests", R"(served_total{release="${release}"})"}}}, {"lookback", "1ms"}};
  count_to(7'000);
  server().counting.is_gone = true;
  server().until_counted("[]");
  const Instant begin = wall_clock();
  server().counting.is_gone = false;
  server().until_counted("\"7000\"");
  const auto reply = ask(query, begin, count_to(7'003));
  ASSERT_TRUE(reply.ok()) << to_string(reply.status());
  EXPECT_EQ(reply->groups.at(0).values.at("requests"), 3);
  EXPECT_LT(reply->groups.at(0).completeness, 1);
  EXPECT_EQ(reply->warnings,
            (std::vector<std::string>{"requests of next: 1 counter new to Prometheus in this window; what they counted "
                                      "before their first scrape is not known"}));
}

TEST_F(PrometheusMetrics, ATargetThatIsStillThereAndToldNothingIsMissing) {
  const Json query{{"counters", {{"requests", R"(twin_total{release="${release}"})"}}}};
  const auto completeness_from = [&](Instant begin) {
    const Instant end = begin + seconds(3);
    EXPECT_TRUE(eventually([&] { return wall_clock() >= end; }));
    const auto reply = ask(query, begin, end);
    if (!reply.ok()) throw Error(reply.status());
    return reply->groups.at(0).completeness;
  };
  server().until_counted("\"2\"", "count(twin_total)");
  EXPECT_GT(completeness_from(wall_clock()), 0.5);
  server().twin_is_gone = true;
  server().until_counted("\"1\"", "count(twin_total)");
  const double without = completeness_from(wall_clock());
  server().twin_is_gone = false;
  EXPECT_GT(without, 0);
  EXPECT_LE(without, 0.5);
}

// Asked at each window's very end, as the host does, while a scrape is under way at the end of half of them.
TEST_F(PrometheusMetrics, WindowsOverATargetThatIsSlowToAnswerAddUpToItsCounter) {
  Hosted late("metrics-prometheus", {{"url", server().url()}, {"delay", "1s"}},
              [](FakeHost& host) { host.on_http(send_http); });
  const Json query{{"counters", {{"requests", R"(slow_total{release="${release}"})"}}}};
  server().until_counted("\"value\"", "slow_total");
  const auto requests = [&](Instant from, Instant to) {
    const auto reply = ask_of(late, query, from, to);
    if (!reply.ok()) throw Error(reply.status());
    const auto& values = reply->groups.at(0).values;
    return values.contains("requests") ? values.at("requests") : 0;
  };
  const Instant begin = wall_clock() + seconds(2);
  Instant end = begin;
  double sum = 0;
  for (int window = 0; window < 10; ++window) {
    const Instant from = end;
    end = end + milliseconds(1'100);
    ASSERT_TRUE(eventually([&] { return wall_clock() >= end; }));
    sum += requests(from, end);
  }
  ASSERT_TRUE(eventually([&] { return wall_clock() >= end + seconds(1); }));
  EXPECT_EQ(sum, requests(begin, end));
  EXPECT_GE(sum, 7 * 4);
}

TEST_F(PrometheusMetrics, APromqlThatIsNoneIsRefusedWithPrometheusWords) {
  const Status status = ask({{"queries", {{"broken", "sum("}}}}).status();
  EXPECT_EQ(status.code, Code::invalid_argument);
  EXPECT_THAT(status.message, HasSubstr("parse error"));
}

TEST(PrometheusAbsent, AServerThatIsNotThereIsUnavailable) {
  Hosted plugin("metrics-prometheus", {{"url", "http://127.0.0.1:" + std::to_string(free_port())}},
                [](FakeHost& host) { host.on_http(send_http); });
  const metrics::QueryRequest request{.tenant = "acme",
                                      .application = "shop",
                                      .query = {{"queries", {{"up", "up"}}}},
                                      .groups = {{"next", "2.0", {}}},
                                      .window = {"w", wall_clock() - seconds(2), wall_clock()}};
  EXPECT_EQ((call<metrics::Interface, metrics::Query>(plugin, request).status()),
            Status(Code::unavailable, "connection refused"));
}

// A Prometheus that wants a name and a password, and before it a proxy that wants a token.
class Guarded : public testing::Test {
 protected:
  Guarded() {
    const auto file = [&](const std::string& name, const std::string& text) {
      std::ofstream(directory_.path() / name) << text;
      return (directory_.path() / name).string();
    };
    // bcrypt of "s3cret", the cheapest.
    const std::string web =
        file("web.yml", "basic_auth_users: {ann: '$2b$04$b.Cjgz/KK1T9.PIwcLH2r.O4bd8DBofF1U7pWszV8k2fLgAKY1yNW'}\n");
    prometheus_ = std::make_unique<ServerProcess>(
        std::vector<std::string>{"prometheus", "--config.file=" + file("prometheus.yml", "global: {}\n"),
                                 "--storage.tsdb.path=" + (directory_.path() / "data").string(),
                                 "--web.listen-address=127.0.0.1:" + std::to_string(port_), "--web.config.file=" + web,
                                 "--log.level=warn"},
        directory_.path() / "prometheus.log");
    const std::string proxy =
        file("haproxy.cfg",
             "defaults\n mode http\n timeout connect 5s\n timeout client 30s\n timeout server 30s\nfrontend "
             "f\n bind 127.0.0.1:" +
                 std::to_string(proxy_port_) +
                 "\n http-request deny deny_status 401 unless { req.hdr(authorization) -m str \"Bearer s3cret\" }\n"
                 " http-request set-header authorization \"Basic YW5uOnMzY3JldA==\"\n default_backend b\n"
                 "backend b\n server s 127.0.0.1:" +
                 std::to_string(port_) + "\n");
    proxy_ = std::make_unique<ServerProcess>(std::vector<std::string>{"haproxy", "-db", "-f", proxy},
                                             directory_.path() / "haproxy.log");
    const auto answers = [](std::uint16_t port) {
      const auto reply = send_http({.url = url_of(port) + "/-/ready"});
      return reply.ok() && reply->status == 401;
    };
    if (!eventually([&] { return answers(port_) && answers(proxy_port_); }, std::chrono::seconds(40)))
      throw std::runtime_error("Prometheus and its proxy do not answer");
  }
  // What the plugin gets there with this login.
  [[nodiscard]] static Status login(std::uint16_t port, Json config) {
    config["url"] = url_of(port);
    Hosted plugin("metrics-prometheus", config, [](FakeHost& host) {
      host.on_http(send_http);
      host.on("secrets", "resolve", [](const Json&) -> Result<Json> {
        return Json{{"values", {{"env:RIGHT", "s3cret"}, {"env:WRONG", "sesame"}}}};
      });
    });
    const metrics::QueryRequest request{.tenant = "acme",
                                        .application = "shop",
                                        .query = {{"queries", {{"one", "vector(1)"}}}},
                                        .groups = {{"next", "2.0", {}}},
                                        .window = {"w", wall_clock() - seconds(2), wall_clock()}};
    const auto reply = call<metrics::Interface, metrics::Query>(plugin, request);
    if (reply.ok()) {
      EXPECT_EQ(reply->groups.at(0).values.at("one"), 1);
    }
    return reply.status();
  }
  static std::string url_of(std::uint16_t port) { return "http://127.0.0.1:" + std::to_string(port); }

  const std::uint16_t port_ = free_port();
  const std::uint16_t proxy_port_ = free_port();

 private:
  TemporaryDirectory directory_;
  std::unique_ptr<ServerProcess> prometheus_;
  std::unique_ptr<ServerProcess> proxy_;
};

TEST_F(Guarded, TellsWhoLogsInByNameOrTokenAndNobodyElse) {
  // Prometheus answers 503 for a moment after it listens.
  EXPECT_TRUE(eventually([&] { return login(port_, {{"username", "ann"}, {"password", "env:RIGHT"}}).ok(); }));
  EXPECT_TRUE(eventually([&] { return login(proxy_port_, {{"bearer", "env:RIGHT"}}).ok(); }));
  const std::vector<std::pair<std::uint16_t, Json>> refused{{port_, Json::object()},
                                                            {port_, {{"username", "ann"}, {"password", "env:WRONG"}}},
                                                            {port_, {{"bearer", "env:RIGHT"}}},
                                                            {proxy_port_, {{"bearer", "env:WRONG"}}}};
  for (const auto& [port, config] : refused) {
    const Status status = login(port, config);
    EXPECT_EQ(status.code, Code::unauthenticated) << config;
    EXPECT_THAT(status.message, HasSubstr("Prometheus answered with status 401"));
    EXPECT_THAT(status.message, testing::Not(HasSubstr("sesame")));
  }
}

}  // namespace
}  // namespace slipway::test
