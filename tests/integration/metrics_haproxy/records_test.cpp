#include "tests/integration/metrics_haproxy/edge.hpp"

namespace slipway::test {
namespace {

class HaproxyRecords : public testing::Test {
 protected:
  void SetUp() override {
    haproxy_.start();
    ASSERT_TRUE(eventually([&] { return metrics_.is_healthy("records") && metrics_.is_healthy("counters"); }));
    // From here on a record of the newest request is there as soon as it is asked for.
    from_ = wall_clock();
  }
  Haproxy haproxy_;
  Metrics metrics_{haproxy_};
  Client client_{haproxy_.port()};
  Instant from_;
};

TEST_F(HaproxyRecords, AWindowCountsExactlyWhatTheClientSaw) {
  int failed = 0, missing = 0;
  for (int i = 0; i < 300; ++i) {
    const int status = client_.get(i % 10 == 0 ? "/a/fail" : i % 10 == 1 ? "/a/missing" : "/a");
    failed += status == 500 ? 1 : 0;
    missing += status == 404 ? 1 : 0;
  }
  ASSERT_EQ(failed, 30);
  ASSERT_EQ(missing, 30);
  const auto found = metrics_.stable(from_, wall_clock() + milliseconds(20));
  EXPECT_EQ(found.values.at("requests"), 300);
  EXPECT_EQ(found.values.at("failures"), 30);
  EXPECT_EQ(found.values.at("responses_5xx"), 30);
  EXPECT_EQ(found.values.at("responses_4xx"), 30);
  EXPECT_EQ(found.values.at("error_ratio"), 0.1);
  EXPECT_GT(found.values.at("latency_p99"), 0);
  EXPECT_LE(found.values.at("latency_p50"), found.values.at("latency_p99"));
  EXPECT_EQ(found.completeness, 1);
  EXPECT_EQ(found.problem, "");
}

TEST_F(HaproxyRecords, ReleasesAreToldApart) {
  for (int i = 0; i < 45; ++i) client_.get(i < 30 ? "/a" : i < 40 ? "/b/fail" : "/c");
  const auto reply = metrics_.ask(from_, wall_clock() + milliseconds(20));
  EXPECT_EQ(reply.groups.at(0).values.at("requests"), 10);
  EXPECT_EQ(reply.groups.at(0).values.at("failures"), 10);
  EXPECT_EQ(reply.groups.at(1).values.at("requests"), 30);
  EXPECT_EQ(reply.groups.at(1).values.at("failures"), 0);
  EXPECT_EQ(reply.groups.at(2).values.at("requests"), 5);
}

TEST_F(HaproxyRecords, WindowsThatTouchMissNothingAndCountNothingTwice) {
  std::atomic<bool> stop{false};
  std::atomic<int> sent{0};
  std::thread load([&] {
    while (!stop) sent += client_.get("/a") == 200 ? 1 : 0;
  });
  double sum = 0;
  Instant begin = from_;
  for (int i = 0; i < 10; ++i) {
    const Instant end = begin + milliseconds(100);
    const auto found = metrics_.stable(begin, end);
    EXPECT_EQ(found.completeness, 1);
    sum += found.values.at("requests");
    begin = end;
  }
  stop = true;
  load.join();
  sum += metrics_.stable(begin, wall_clock() + milliseconds(20)).values.at("requests");
  EXPECT_EQ(sum, sent);
  EXPECT_GT(sent, 100);
}

TEST_F(HaproxyRecords, TheSameWindowIsAnsweredTheSameAgain) {
  const Instant to = wall_clock() + milliseconds(200);
  client_.get("/a");
  const auto first = metrics_.ask(from_, to, "same");
  for (int i = 0; i < 10; ++i) client_.get("/a");
  EXPECT_EQ(encode_text(first), encode_text(metrics_.ask(from_, to, "same")));
}

TEST_F(HaproxyRecords, AnAnswerIsThereSoonAfterItsWindowUnderLoad) {
  std::atomic<bool> stop{false};
  std::thread load([&] {
    while (!stop) client_.get("/a");
  });
  std::vector<double> waits;
  for (int i = 0; i < 20; ++i) {
    const Instant to = wall_clock() + milliseconds(20);
    metrics_.ask(to - milliseconds(50), to);
    waits.push_back(static_cast<double>((wall_clock() - to).ns) / 1e6);
  }
  stop = true;
  load.join();
  std::sort(waits.begin(), waits.end());
  RecordProperty("median_wait_ms", std::to_string(waits[10]));
  EXPECT_LT(waits[10], 60) << "the grace of 50 ms is the most that is waited for records";
}

TEST_F(HaproxyRecords, AWindowThatIsNotOverIsRefused) {
  const metrics::QueryRequest request{.tenant = "acme",
                                      .application = "shop",
                                      .query = nullptr,
                                      .groups = {},
                                      .window = {"w", from_, wall_clock() + seconds(60)}};
  EXPECT_EQ((call<metrics::Interface, metrics::Query>(metrics_.plugin(), request).status().code), Code::out_of_range);
}

TEST_F(HaproxyRecords, AnotherApplicationHasNoRequests) {
  client_.get("/a");
  const metrics::QueryRequest request{.tenant = "other",
                                      .application = "shop",
                                      .query = nullptr,
                                      .groups = {{"stable", "1.0", {}}},
                                      .window = {"w", from_, wall_clock()}};
  const auto reply = call<metrics::Interface, metrics::Query>(metrics_.plugin(), request);
  ASSERT_TRUE(reply.ok()) << to_string(reply.status());
  EXPECT_EQ(reply->groups.at(0).values.at("requests"), 0);
}

}  // namespace
}  // namespace slipway::test
