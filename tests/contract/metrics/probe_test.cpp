// metrics-probe as a whole: its checks against replicas that a fake host plays, and against a real port.
#include "tests/contract/hosted.hpp"
#include "tests/contract/metrics/metrics_contract.hpp"

namespace slipway::test {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::Pair;

class MetricsProbe : public testing::Test {
 protected:
  metrics::QueryRequest about(const Json& query, std::vector<std::string> addresses) {
    auto request = question(query, "w" + std::to_string(++windows_));
    request.groups = {{"next", "2.0", std::move(addresses)}};
    return request;
  }
  metrics::GroupSamples samples(const Json& query, std::vector<std::string> addresses, Duration budget = seconds(60)) {
    const auto reply = ask(about(query, std::move(addresses)), budget);
    EXPECT_TRUE(reply.ok()) << to_string(reply.status());
    return reply.ok() ? reply->groups.at(0) : metrics::GroupSamples{};
  }
  Result<metrics::QueryReply> ask(const metrics::QueryRequest& request, Duration budget = seconds(60)) {
    return call<metrics::Interface, metrics::Query>(probe_, request, {.budget = budget});
  }
  void answer_with(std::function<Result<services::HttpReply>(const services::HttpRequest&)> handler) {
    probe_.host().on_http(std::move(handler));
  }
  FakeHost& host() { return probe_.host(); }

 private:
  Hosted probe_{"metrics-probe", Json::object()};
  int windows_ = 0;
};

const Json kAlive = Json::parse(R"({"checks": [{"name": "alive", "path": "/healthz"}]})");

services::HttpReply status(std::int32_t code) { return {.status = code, .elapsed = milliseconds(5)}; }

TEST_F(MetricsProbe, EveryReplicaIsACaseOfItsOwn) {
  answer_with([](const services::HttpRequest& request) {
    return status(request.url == "http://127.0.0.1:9002/healthz" ? 500 : 200);
  });
  const auto found = samples(kAlive, {"127.0.0.1:9001", "127.0.0.1:9002"});
  ASSERT_EQ(found.cases.size(), 2U);
  EXPECT_EQ(found.cases[0].name, "alive at 127.0.0.1:9001");
  EXPECT_TRUE(found.cases[0].passed);
  EXPECT_FALSE(found.cases[1].passed);
  EXPECT_EQ(found.cases[1].detail, "status 500, want 200-399");
  EXPECT_THAT(found.values, ElementsAre(Pair("cases", 2), Pair("failed_cases", 1), Pair("latency_max", 5),
                                        Pair("latency_p50", 5), Pair("passed_ratio", 0.5)));
}

TEST_F(MetricsProbe, OnlyTheFirstReplicaIsAskedWhenOneIsEnough) {
  answer_with([](const services::HttpRequest&) { return status(200); });
  Json query = kAlive;
  query["all_replicas"] = false;
  EXPECT_EQ(samples(query, {"127.0.0.1:9001", "127.0.0.1:9002"}).cases.size(), 1U);
}

TEST_F(MetricsProbe, FurtherAttemptsMayHeal) {
  int asked = 0;
  answer_with([&](const services::HttpRequest&) { return status(++asked < 3 ? 503 : 200); });
  Json query = kAlive;
  query["attempts"] = 3;
  EXPECT_TRUE(samples(query, {"127.0.0.1:9001"}).cases.at(0).passed);
  EXPECT_EQ(asked, 3);
}

TEST_F(MetricsProbe, AnExchangeThatFailsIsAFailedCase) {
  answer_with([](const services::HttpRequest&) -> Result<services::HttpReply> {
    return Status(Code::unavailable, "connection refused");
  });
  const auto found = samples(kAlive, {"127.0.0.1:9001"});
  EXPECT_EQ(found.cases.at(0).detail, "connection refused");
  EXPECT_FALSE(found.values.contains("latency_p50"));
}

TEST_F(MetricsProbe, AReplicaThatDoesNotAnswerIsGivenUpAfterTheChecksOwnTime) {
  host().hold("http", "send");
  auto call = host().begin<metrics::Interface, metrics::Query>(about(kAlive, {"127.0.0.1:9001"}));
  host().advance(milliseconds(1999));
  EXPECT_FALSE(call.done());
  host().advance(milliseconds(1));
  const auto reply = call.get();
  ASSERT_TRUE(reply.ok()) << to_string(reply.status());
  EXPECT_EQ(reply->groups.at(0).cases.at(0).detail, "no answer within 2s");
}

TEST_F(MetricsProbe, ACheckCutOffByTheEndOfTheQueryIsMissingData) {
  host().hold("http", "send");
  auto call =
      host().begin<metrics::Interface, metrics::Query>(about(kAlive, {"127.0.0.1:9001"}), {.budget = seconds(1)});
  host().advance(seconds(1));
  const auto reply = call.get();
  ASSERT_TRUE(reply.ok()) << to_string(reply.status());
  EXPECT_TRUE(reply->groups.at(0).values.empty());
  EXPECT_THAT(reply->groups.at(0).problem, HasSubstr("the time of the query was over"));
}

TEST_F(MetricsProbe, WhatTheHostRefusesIsTheSourcesFailure) {
  answer_with([](const services::HttpRequest&) -> Result<services::HttpReply> {
    return Status(Code::permission_denied, "network is not granted");
  });
  EXPECT_EQ(ask(about(kAlive, {"127.0.0.1:9001"})).status(), Status(Code::permission_denied, "network is not granted"));
}

TEST_F(MetricsProbe, HeadersAndBodyAreSent) {
  answer_with([](const services::HttpRequest& request) {
    return status(request.method == "POST" && request.headers.at("x-probe") == "1" && request.body == "{}" ? 201 : 400);
  });
  const Json query =
      Json::parse(R"({"checks": [{"name": "order", "method": "POST", "path": "/orders", "headers": {"x-probe": "1"},
                                                 "body": "{}", "expect": {"status": [201]}}]})");
  EXPECT_TRUE(samples(query, {"127.0.0.1:9001"}).cases.at(0).passed);
}

TEST_F(MetricsProbe, CommandsLearnTheReplicaFromTheirEnvironment) {
  const Json query = Json::parse(R"({"checks": [{"name": "script", "kind": "command", "command": ["sh", "-c",
      "test \"$ADDRESS $HOST $PORT $APPLICATION $RELEASE $ROLE\" = '127.0.0.1:9001 127.0.0.1 9001 shop 2.0 next'"]}]})");
  const auto found = samples(query, {"127.0.0.1:9001"});
  EXPECT_EQ(found.cases.at(0).detail, "exit status 0");
}

TEST_F(MetricsProbe, ManyReplicasAreCheckedSideBySide) {
  answer_with([](const services::HttpRequest&) { return status(200); });
  std::vector<std::string> addresses;
  for (int i = 0; i < 100; ++i) addresses.push_back("127.0.0.1:" + std::to_string(9000 + i));
  const auto reply = ask(about(kAlive, addresses));
  ASSERT_TRUE(reply.ok()) << to_string(reply.status());
  EXPECT_EQ(reply->groups.at(0).values.at("cases"), 64);
  EXPECT_THAT(reply->warnings, ElementsAre("64 of the 100 replicas of \"next\" were checked (max_replicas)"));
}

TEST_F(MetricsProbe, AWindowIsAnsweredOnce) {
  int asked = 0;
  answer_with([&](const services::HttpRequest&) { return status(++asked == 1 ? 200 : 500); });
  const auto request = about(kAlive, {"127.0.0.1:9001"});
  const auto first = ask(request), second = ask(request);
  ASSERT_TRUE(first.ok() && second.ok());
  EXPECT_EQ(encode_text(*first), encode_text(*second));
  EXPECT_EQ(asked, 1);
}

TEST_F(MetricsProbe, ACallerWhoGivesUpIsNotKeptWaiting) {
  host().hold("http", "send");
  auto call = host().begin<metrics::Interface, metrics::Query>(about(kAlive, {"127.0.0.1:9001"}));
  call.cancel();
  ASSERT_TRUE(call.done());
  EXPECT_EQ(call.get().status().code, Code::cancelled);
}

TEST(MetricsProbeSettings, AProfileMayForbidPrograms) {
  Hosted probe("metrics-probe", {{"commands", false}});
  const Json query = Json::parse(R"({"checks": [{"name": "script", "kind": "command", "command": ["true"]}]})");
  EXPECT_EQ((call<metrics::Interface, metrics::Query>(probe, question(query, "w")).status()),
            Status(Code::permission_denied, "check \"script\" is a command, and this profile sets commands: false"));
}

}  // namespace
}  // namespace slipway::test
