#include "tools/backtest/ahead.hpp"

#include <gtest/gtest.h>

#include "tools/backtest/source.hpp"

namespace slipway::backtest {
namespace {

using services::HttpReply;
using services::HttpRequest;

constexpr const char* kRange =
    R"({"status":"success","warnings":["slow"],"data":{"resultType":"matrix","result":[)"
    R"({"metric":{"le":"1"},"values":[[60,"1"],[75,"2"]]},{"metric":{"le":"2"},"values":[[75,"3"]]},)"
    R"({"metric":{"native":"1"},"histograms":[[60,{"count":"7"}]]}]}})";

// A server that answers the same to everything, and notes what it was asked.
struct Server {
  HttpReply reply{.status = 200, .body = kRange};
  std::vector<HttpRequest> asked;
  Ahead::Send send = [this](const HttpRequest& request) -> Result<HttpReply> {
    asked.push_back(request);
    return reply;
  };
};

HttpRequest instant(const std::string& time, const std::string& query = "up") {
  return {
      .method = "POST", .url = "http://p:9090/api/v1/query", .body = "query=" + query + "&timeout=5000ms&time=" + time};
}

Json result_of(const Result<HttpReply>& reply) { return parse_json(reply->body)->at("data").at("result"); }

TEST(Ahead, AnswersInstantQueriesOutOfOneRangeQuery) {
  Server server;
  Ahead ahead(server.send, Instant{} + seconds(60), Instant{} + seconds(90), seconds(15));
  const Json first = result_of(ahead.send(instant("60.000")));
  const Json second = result_of(ahead.send(instant("75.000")));
  ASSERT_EQ(server.asked.size(), 1U);
  EXPECT_EQ(server.asked[0].url, "http://p:9090/api/v1/query_range");
  EXPECT_EQ(server.asked[0].body, "query=up&timeout=5000ms&start=60.000&end=90.000&step=15.000000");
  ASSERT_EQ(first.size(), 2U);
  EXPECT_EQ(first[0], (Json{{"metric", {{"le", "1"}}}, {"value", {60, "1"}}}));
  EXPECT_EQ(first[1], (Json{{"metric", {{"native", "1"}}}, {"histogram", {60, {{"count", "7"}}}}}));
  EXPECT_EQ(second.size(), 2U);
  EXPECT_EQ(result_of(ahead.send(instant("90.000"))), Json::array()) << "a moment without a point";
}

TEST(Ahead, SendsAQuestionForSamplesAsItIs) {
  Server server;
  Ahead ahead(server.send, Instant{} + seconds(60), Instant{} + seconds(90), seconds(15));
  for (const char* moment : {"60.000", "75.000"}) (void)ahead.send(instant(moment, "served%5B315000ms%5D"));
  ASSERT_EQ(server.asked.size(), 2U);
  EXPECT_EQ(server.asked[1].url, "http://p:9090/api/v1/query");
  EXPECT_EQ(server.asked[1].body, "query=served%5B315000ms%5D&timeout=5000ms&time=75.000");
}

TEST(Ahead, AsksAgainForAnotherQueryAndForWhatAServerDoesNotAnswerAtOnce) {
  Server server;
  Ahead ahead(server.send, Instant{}, Instant{} + seconds(20'000), seconds(1));
  (void)ahead.send(instant("0.000"));
  (void)ahead.send(instant("9999.000"));
  (void)ahead.send(instant("10000.000"));
  (void)ahead.send(instant("0.000", "down"));
  ASSERT_EQ(server.asked.size(), 3U);
  EXPECT_NE(server.asked[0].body.find("&start=0.000&end=9999.000&"), std::string::npos) << server.asked[0].body;
  EXPECT_NE(server.asked[1].body.find("&start=10000.000&end=19999.000&"), std::string::npos) << server.asked[1].body;
  EXPECT_TRUE(server.asked[2].body.starts_with("query=down&"));
}

TEST(Ahead, HandsOnWhatTheServerRefusesAndWhatIsNoInstantQuery) {
  Server server;
  server.reply = {.status = 400, .body = R"({"status":"error","error":"parse error"})"};
  Ahead ahead(server.send, Instant{}, Instant{} + seconds(60), seconds(15));
  EXPECT_EQ(ahead.send(instant("0.000"))->status, 400);
  EXPECT_EQ(ahead.send(instant("15.000"))->body, server.reply.body);
  EXPECT_EQ(server.asked.size(), 1U) << "a refusal is one, too";
  HttpRequest range = instant("0.000");
  range.url = "http://p:9090/api/v1/query_range";
  (void)ahead.send(range);
  EXPECT_EQ(server.asked.back().url, range.url);
}

TEST(Source, IsAskedForEachWindowOfBothReleases) {
  std::vector<metrics::QueryRequest> asked;
  const Question question{.application = "shop",
                          .query = {{"queries", {{"requests", "up"}}}},
                          .next = "1.1",
                          .stable = "1.0",
                          .from = Instant{},
                          .to = Instant{} + seconds(40),
                          .interval = seconds(15)};
  const auto recording =
      recording_of(question, [&](const metrics::QueryRequest& request) -> Result<metrics::QueryReply> {
        asked.push_back(request);
        return metrics::QueryReply{.groups = {{.role = "next"}, {.role = "stable"}}, .warnings = {"partial"}};
      });
  ASSERT_TRUE(recording.ok());
  ASSERT_EQ(asked.size(), 2U) << "a window that is not over is none";
  EXPECT_EQ(asked[1].window.from, Instant{} + seconds(15));
  EXPECT_EQ(asked[1].window.to, Instant{} + seconds(30));
  EXPECT_EQ(asked[1].groups[0].release, "1.1");
  EXPECT_EQ(recording->windows[1].groups.size(), 2U);
  EXPECT_EQ(recording->warnings, std::vector<std::string>{"partial"}) << "once";
}

TEST(Source, ManyWarningsAndLongOnesAreCut) {
  const Question question{.application = "",
                          .query = Json::object(),
                          .next = "",
                          .stable = "1.0",
                          .from = Instant{},
                          .to = Instant{} + seconds(70 * 15),
                          .interval = seconds(15)};
  int asked = 0;
  const auto recording = recording_of(question, [&](const metrics::QueryRequest&) -> Result<metrics::QueryReply> {
    return metrics::QueryReply{.warnings = {std::to_string(asked++), std::string(300, 'x'), std::string(301, 'x')}};
  });
  ASSERT_TRUE(recording.ok());
  ASSERT_EQ(recording->warnings.size(), 65U);
  EXPECT_EQ(recording->warnings[0], "0");
  EXPECT_EQ(recording->warnings[1], std::string(256, 'x'));
  EXPECT_EQ(recording->warnings[63], "62");
  EXPECT_EQ(recording->warnings[64], "and 7 more");
}

TEST(Source, ThatFailsIsTold) {
  const Question question{.application = "",
                          .query = Json::object(),
                          .next = "",
                          .stable = "1.0",
                          .from = Instant{},
                          .to = Instant{} + seconds(40),
                          .interval = seconds(15)};
  const auto failed = recording_of(question, [](const metrics::QueryRequest&) -> Result<metrics::QueryReply> {
    return Status(Code::unavailable, "connection refused");
  });
  EXPECT_EQ(failed.status().message, "connection refused");
}

}  // namespace
}  // namespace slipway::backtest
