#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <deque>
#include <slipway/interfaces/gate.hpp>

#include "tests/contract/hosted.hpp"

namespace slipway::test {
namespace {

using strategy::GateState;

// A web service that answers as told, in order, the last answer for ever; a Status stands for no answer.
class GateWebhook : public testing::Test {
 protected:
  void start(Json config = Json::object()) {
    config["url"] = "https://user:pw@gate.example/ask?key=1";
    gate_ = std::make_unique<Hosted>("gate-webhook", config, [this](FakeHost& host) {
      host.on_http([this](const services::HttpRequest& request) { return answer(request); });
      host.on("secrets", "resolve", [](const Json& request) -> Result<Json> {
        return encode(services::SecretsReply{{{request["references"][0].get<std::string>(), "s3cret"}}});
      });
    });
  }
  Result<gate::CheckReply> check(const Json& settings = nullptr, const CallOptions& options = {}) {
    gate::CheckRequest request;
    request.settings = settings;
    request.tenant = "acme";
    request.application = "shop";
    request.now = *parse_instant("2026-03-02T12:00:00Z");
    return call<gate::Interface, gate::Check>(*gate_, request, options);
  }
  void will_answer(std::int32_t status, const std::string& body = "") {
    services::HttpReply reply;
    reply.status = status;
    reply.body = body;
    answers_.push_back(reply);
  }
  void will_not_answer() { answers_.push_back(Status(Code::unavailable, "connection refused")); }

  std::vector<services::HttpRequest> asked_;
  std::unique_ptr<Hosted> gate_;

 private:
  Result<services::HttpReply> answer(const services::HttpRequest& request) {
    asked_.push_back(request);
    auto next = answers_.front();
    if (answers_.size() > 1) answers_.pop_front();
    return next;
  }
  std::deque<Result<services::HttpReply>> answers_;
};

TEST_F(GateWebhook, posts_the_request_and_takes_the_answer) {
  start({{"token", "env:GATE"}});
  will_answer(200, R"({"state":"open","reason":"approved"})");
  const auto reply = check();
  ASSERT_TRUE(reply.ok()) << to_string(reply.status());
  EXPECT_EQ(reply->state, GateState::open);
  EXPECT_EQ(reply->reason, "approved");
  EXPECT_EQ(asked_.at(0).method, "POST");
  EXPECT_EQ(asked_.at(0).headers.at("authorization"), "Bearer s3cret");
  EXPECT_EQ(parse_json(asked_.at(0).body)->at("application"), "shop");
}

TEST_F(GateWebhook, a_pending_answer_without_a_time_is_asked_again_later) {
  start();
  will_answer(200, R"({"state":"pending"})");
  EXPECT_EQ(to_string(check()->retry_at.value()), "2026-03-02T12:00:30Z");
}

TEST_F(GateWebhook, passing_faults_are_retried) {
  start();
  will_not_answer();
  will_answer(503);
  will_answer(200, R"({"state":"open"})");
  EXPECT_EQ(check()->state, GateState::open);
  EXPECT_EQ(asked_.size(), 3U);
}

TEST_F(GateWebhook, after_the_last_attempt_the_gate_is_pending_and_says_why) {
  start();
  will_answer(503);
  const auto reply = check();
  EXPECT_EQ(reply->state, GateState::pending);
  EXPECT_EQ(reply->reason, "https://gate.example/ask answered 503");
  EXPECT_EQ(to_string(reply->retry_at.value()), "2026-03-02T12:00:30Z");
  EXPECT_EQ(asked_.size(), 3U);
}

TEST_F(GateWebhook, a_refusal_is_not_retried) {
  start();
  will_answer(404);
  EXPECT_EQ(check()->reason, "https://gate.example/ask answered 404");
  EXPECT_EQ(asked_.size(), 1U);
}

TEST_F(GateWebhook, a_service_that_hangs_makes_it_pending_within_the_timeout) {
  start({{"attempts", 1}});
  gate_->host().hold("http", "send");
  gate::CheckRequest request;
  request.now = *parse_instant("2026-03-02T12:00:00Z");
  auto pending = gate_->host().begin<gate::Interface, gate::Check>(request);
  gate_->host().advance(seconds(5));
  ASSERT_TRUE(pending.done());
  EXPECT_EQ(pending.get()->reason, "https://gate.example/ask gave no answer: the deadline has passed");
}

TEST_F(GateWebhook, no_answer_can_mean_closed) {
  start({{"on_error", "closed"}});
  will_not_answer();
  EXPECT_EQ(check()->state, GateState::closed);
}

TEST_F(GateWebhook, with_little_time_left_it_answers_instead_of_asking) {
  start();
  will_answer(200, R"({"state":"open"})");
  const auto reply = check(nullptr, {.budget = milliseconds(100)});
  ASSERT_TRUE(reply.ok()) << to_string(reply.status());
  EXPECT_EQ(reply->reason, "https://gate.example/ask no time is left to ask");
  EXPECT_TRUE(asked_.empty());
}

TEST_F(GateWebhook, a_url_of_the_rollout_gets_no_token) {
  start({{"token", "env:GATE"}});
  will_answer(200, R"({"state":"open"})");
  ASSERT_TRUE(check({{"url", "https://other.example/"}}).ok());
  EXPECT_EQ(asked_.at(0).url, "https://other.example/");
  EXPECT_EQ(asked_.at(0).headers.count("authorization"), 0U);
}

TEST_F(GateWebhook, without_a_url_it_says_what_to_set) {
  Hosted gate("gate-webhook", Json::object());
  EXPECT_EQ(
      to_string(call<gate::Interface, gate::Check>(gate, {}).status()),
      "FAILED_PRECONDITION: the webhook gate has no url; set \"url\" in the gate's settings or in its configuration");
}

}  // namespace
}  // namespace slipway::test
