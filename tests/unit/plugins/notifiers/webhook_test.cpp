#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <deque>
#include <slipway/interfaces/notifier.hpp>

#include "plugins/notifiers/webhook/signature.hpp"
#include "tests/contract/hosted.hpp"

namespace slipway::test {
namespace {

// A receiver that answers as told, in order, the last answer for ever.
class NotifierWebhook : public testing::Test {
 protected:
  void start(Json config = Json::object()) {
    config["url"] = "https://hook.example/events?key=1";
    notifier_ = std::make_unique<Hosted>("notifier-webhook", config, [this](FakeHost& host) {
      host.on_http([this](const services::HttpRequest& request) -> Result<services::HttpReply> {
        received_.push_back(request);
        times_.push_back(notifier_->host().now());
        auto next = answers_.front();
        if (answers_.size() > 1) answers_.pop_front();
        return next;
      });
      host.on("secrets", "resolve", [](const Json& request) -> Result<Json> {
        return encode(services::SecretsReply{{{request["references"][0].get<std::string>(), "k3y"}}});
      });
    });
  }
  Status send(const CallOptions& options = {}) {
    const notifier::SendRequest event{
        "event-7", "rollout.rolled_back", "acme", *parse_instant("2026-03-02T12:00:00Z"), "1.2 went back", {{"n", 1}}};
    return call<notifier::Interface, notifier::Send>(*notifier_, event, options).status();
  }
  void will_answer(std::int32_t status, const std::string& retry_after = "") {
    services::HttpReply reply;
    reply.status = status;
    if (!retry_after.empty()) reply.headers["retry-after"] = retry_after;
    answers_.push_back(reply);
  }

  std::vector<services::HttpRequest> received_;
  std::vector<Duration> times_;

 private:
  std::unique_ptr<Hosted> notifier_;
  std::deque<services::HttpReply> answers_;
};

TEST_F(NotifierWebhook, posts_the_event_under_its_own_id) {
  start();
  will_answer(204);
  EXPECT_TRUE(send().ok());
  ASSERT_EQ(received_.size(), 1U);
  EXPECT_EQ(received_[0].headers.at("idempotency-key"), "event-7");
  EXPECT_EQ(received_[0].headers.count("x-slipway-signature"), 0U);
  EXPECT_EQ(parse_json(received_[0].body)->at("summary"), "1.2 went back");
}

TEST_F(NotifierWebhook, signs_the_body_when_there_is_a_key) {
  start({{"signing_key", "env:HOOK"}});
  will_answer(200);
  EXPECT_TRUE(send().ok());
  EXPECT_EQ(received_.at(0).headers.at("x-slipway-signature"),
            "sha256=" + notifier_webhook::hmac_sha256("k3y", received_.at(0).body));
}

TEST_F(NotifierWebhook, a_repetition_is_the_same_letter) {
  start();
  will_answer(500);
  will_answer(429);
  will_answer(200);
  EXPECT_TRUE(send().ok());
  ASSERT_EQ(received_.size(), 3U);
  EXPECT_EQ(encode(received_[2]), encode(received_[0]));
}

TEST_F(NotifierWebhook, waits_at_least_as_long_as_the_receiver_asks) {
  start();
  will_answer(503, "20");
  will_answer(200);
  EXPECT_TRUE(send().ok());
  EXPECT_GE(times_.at(1) - times_.at(0), seconds(20));
}

TEST_F(NotifierWebhook, gives_up_at_once_when_the_receiver_asks_for_more_time_than_there_is) {
  start();
  will_answer(503, "3600");
  EXPECT_EQ(to_string(send()),
            "UNAVAILABLE: webhook https://hook.example/events was not reached in 1 attempt; at last: it answered 503");
}

TEST_F(NotifierWebhook, gives_up_after_its_attempts) {
  start({{"attempts", 4}});
  will_answer(502);
  EXPECT_EQ(to_string(send()),
            "UNAVAILABLE: webhook https://hook.example/events was not reached in 4 attempts; at last: it answered 502");
  EXPECT_EQ(received_.size(), 4U);
}

TEST_F(NotifierWebhook, a_refusal_is_not_repeated) {
  start();
  will_answer(400);
  EXPECT_EQ(to_string(send()),
            "INVALID_ARGUMENT: webhook https://hook.example/events refuses the event: it answered 400; check what it "
            "expects");
  EXPECT_EQ(received_.size(), 1U);
}

TEST_F(NotifierWebhook, who_is_turned_away_says_so_and_not_that_the_event_is_at_fault) {
  start();
  will_answer(401);
  EXPECT_EQ(to_string(send()),
            "FAILED_PRECONDITION: webhook https://hook.example/events turns Slipway away: it answered 401; check its "
            "url, and the keys that it goes by");
  EXPECT_EQ(received_.size(), 1U);
}

}  // namespace
}  // namespace slipway::test
