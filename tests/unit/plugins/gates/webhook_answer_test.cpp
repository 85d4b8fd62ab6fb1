#include <gtest/gtest.h>

#include "plugins/gates/webhook/answer.hpp"
#include "plugins/gates/webhook/settings.hpp"

namespace slipway::gate_webhook {
namespace {

services::HttpReply answer(std::int32_t status, std::string body) {
  services::HttpReply reply;
  reply.status = status;
  reply.body = std::move(body);
  return reply;
}

TEST(WebhookAnswer, a_state_is_all_that_it_must_say) {
  EXPECT_EQ(read_answer(answer(200, R"({"state":"open"})")).reply->reason, "the web service answered open");
  const auto pending =
      read_answer(answer(200, R"({"state":"pending","reason":"two more","retry_at":"2026-03-02T12:00:00Z"})"));
  EXPECT_EQ(pending.reply->reason, "two more");
  EXPECT_EQ(to_string(*pending.reply->retry_at), "2026-03-02T12:00:00Z");
}

TEST(WebhookAnswer, what_cannot_be_understood_is_a_fault_and_never_open) {
  for (const char* body :
       {"", "yes", "[]", "{}", R"({"state":"OPEN"})", R"({"state":true})", R"({"state":"open","state":"closed"})"}) {
    const Outcome outcome = read_answer(answer(200, body));
    EXPECT_FALSE(outcome.reply) << body;
    EXPECT_TRUE(outcome.fault.starts_with("answered what is no gate's answer: ")) << outcome.fault;
  }
  EXPECT_FALSE(read_answer(answer(204, "")).reply);
  EXPECT_FALSE(read_answer(answer(302, R"({"state":"open"})")).reply);
}

TEST(WebhookAnswer, only_passing_faults_are_worth_a_retry) {
  for (const int status : {408, 429, 500, 502, 503, 504})
    EXPECT_EQ(read_answer(answer(status, "")).retry, Retry::worthwhile) << status;
  for (const int status : {301, 400, 401, 403, 404, 422})
    EXPECT_EQ(read_answer(answer(status, "")).retry, Retry::pointless) << status;
}

TEST(WebhookAnswer, a_url_is_shown_without_what_may_be_secret) {
  EXPECT_EQ(shown("https://user:pw@host:8443/path?key=1#f"), "https://host:8443/path");
  EXPECT_EQ(shown("http://host/a@b"), "http://host/a@b");
  EXPECT_EQ(shown("http://host"), "http://host");
}

TEST(WebhookSettings, a_token_goes_to_the_configured_url_only) {
  const Settings configured{.url = "https://one/", .token = "env:T"};
  EXPECT_EQ(overlaid(configured, {{"attempts", 1}})->token, "env:T");
  EXPECT_EQ(overlaid(configured, {{"url", "https://two/"}})->token, "");
  EXPECT_EQ(overlaid(configured, {{"token", "env:OTHER"}}).status().problems.at(0).path, "/token");
}

}  // namespace
}  // namespace slipway::gate_webhook
