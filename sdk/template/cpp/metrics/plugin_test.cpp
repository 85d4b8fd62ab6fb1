#include <gtest/gtest.h>

#include <slipway/interfaces/metrics.hpp>
#include <slipway/testing/fake_host.hpp>
#include <slipway/testing/library.hpp>

namespace {

using namespace slipway;

class Metrics : public testing::Test {
 protected:
  void SetUp() override {
    ASSERT_TRUE(host_.run().ok());
    host_.on_http([](const services::HttpRequest& question) -> Result<services::HttpReply> {
      services::HttpReply reply;
      reply.status = question.url == "http://10.0.0.1:80/healthz" ? 200 : 500;
      return reply;
    });
  }
  Result<metrics::QueryReply> query(std::vector<std::string> addresses, const Json& query = Json::object()) {
    metrics::QueryRequest request;
    request.tenant = "acme";
    request.application = "shop";
    request.query = query;
    request.groups = {{"next", "1.2", std::move(addresses)}};
    request.window.id = "w-1";
    return host_.call<metrics::Interface, metrics::Query>(request);
  }

  test::Library library_{PLUGIN_LIBRARY};
  test::FakeHost host_{library_.table()};
};

TEST_F(Metrics, count_the_replicas_that_answer_well) {
  const auto reply = query({"10.0.0.1:80", "10.0.0.2:80"});
  ASSERT_TRUE(reply.ok()) << to_string(reply.status());
  const auto& values = reply->groups.at(0).values;
  EXPECT_EQ(values.at("requests"), 2);
  EXPECT_EQ(values.at("failures"), 1);
  EXPECT_EQ(values.at("error_ratio"), 0.5);
}

TEST_F(Metrics, give_the_same_numbers_to_the_same_question_without_asking_again) {
  ASSERT_TRUE(query({"10.0.0.1:80"}).ok());
  ASSERT_TRUE(query({"10.0.0.2:80"}).ok());
  EXPECT_EQ(host_.requests("http", "send").size(), 1U);
}

TEST_F(Metrics, are_absent_when_nobody_can_be_asked) {
  const auto reply = query({});
  ASSERT_TRUE(reply.ok());
  EXPECT_TRUE(reply->groups.at(0).values.empty());
  EXPECT_EQ(reply->groups.at(0).completeness, 0);
  EXPECT_EQ(reply->groups.at(0).problem, "no replica is ready");
}

TEST_F(Metrics, refuse_a_question_with_an_unknown_field) {
  EXPECT_EQ(query({}, {{"pfad", "/"}}).status().code, Code::invalid_argument);
}

TEST_F(Metrics, are_described) {
  const auto reply = host_.call<metrics::Interface, metrics::Describe>({});
  ASSERT_TRUE(reply.ok());
  EXPECT_EQ(reply->metrics.size(), 3U);
}

}  // namespace
