#include "plugins/notifiers/webhook/delivery.hpp"

#include <gtest/gtest.h>

#include <slipway/backoff.hpp>

#include "plugins/notifiers/webhook/signature.hpp"

namespace slipway::notifier_webhook {
namespace {

std::optional<Duration> asked(const std::string& text) {
  services::HttpReply reply;
  reply.headers["retry-after"] = text;
  return retry_after(reply, *parse_instant("1994-11-06T08:49:00Z"));
}

// RFC 4231, test case 2.
TEST(Signature, is_hmac_sha256) {
  EXPECT_EQ(hmac_sha256("Jefe", "what do ya want for nothing?"),
            "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843");
}

TEST(Delivery, an_answer_is_done_worth_a_retry_or_a_refusal) {
  for (const int status : {200, 202, 204}) EXPECT_EQ(judge(status), Delivery::done) << status;
  for (const int status : {408, 425, 429, 500, 503}) EXPECT_EQ(judge(status), Delivery::again) << status;
  for (const int status : {400, 409, 413, 415, 422}) EXPECT_EQ(judge(status), Delivery::refused) << status;
  for (const int status : {100, 301, 401, 403, 404, 405, 407, 410})
    EXPECT_EQ(judge(status), Delivery::turned_away) << status;
}

TEST(Delivery, an_answer_may_say_when_to_try_again) {
  EXPECT_EQ(asked("7"), seconds(7));
  EXPECT_EQ(asked("soon"), std::nullopt);
  EXPECT_EQ(retry_after({}, {}), std::nullopt);
}

TEST(Backoff, grows_by_two_up_to_its_cap_and_is_spread_from_nothing) {
  constexpr Backoff kBackoff{seconds(1), seconds(5)};
  EXPECT_EQ(kBackoff.delay(1, 1), seconds(1));
  EXPECT_EQ(kBackoff.delay(3, 1), seconds(4));
  EXPECT_EQ(kBackoff.delay(4, 1), seconds(5));
  EXPECT_EQ(kBackoff.delay(1'000'000, 1), seconds(5));
  EXPECT_EQ(kBackoff.delay(3, 0), Duration{});
  EXPECT_EQ(kBackoff.delay(3, 0.25), seconds(1));
}

}  // namespace
}  // namespace slipway::notifier_webhook
