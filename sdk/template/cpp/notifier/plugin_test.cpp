#include <gtest/gtest.h>

#include <slipway/interfaces/notifier.hpp>
#include <slipway/testing/fake_host.hpp>
#include <slipway/testing/library.hpp>

namespace {

using namespace slipway;

class Notifier : public testing::Test {
 protected:
  Result<Empty> send() {
    notifier::SendRequest event;
    event.id = "ev-1";
    event.type = "rollout.succeeded";
    event.tenant = "acme";
    event.summary = "1.2 serves all traffic";
    return host_.call<notifier::Interface, notifier::Send>(event);
  }
  void answer_with(int status) {
    host_.on_http([status](const services::HttpRequest&) -> Result<services::HttpReply> {
      services::HttpReply reply;
      reply.status = status;
      return reply;
    });
  }

  test::Library library_{PLUGIN_LIBRARY};
  test::FakeHost host_{library_.table()};
};

TEST_F(Notifier, posts_the_sentence_with_the_events_id) {
  ASSERT_TRUE(host_.run({{"url", "http://chat.example/room"}}).ok());
  answer_with(204);
  ASSERT_TRUE(send().ok());
  const Json post = host_.requests("http", "send").at(0).payload;
  EXPECT_EQ(post["url"], "http://chat.example/room");
  EXPECT_EQ(post["body"], R"({"text":"1.2 serves all traffic"})");
  EXPECT_EQ(post["headers"]["idempotency-key"], "ev-1");
}

TEST_F(Notifier, says_that_it_may_be_tried_again_when_the_receiver_is_down) {
  ASSERT_TRUE(host_.run({{"url", "http://chat.example/room"}}).ok());
  answer_with(503);
  EXPECT_EQ(send().status().code, Code::unavailable);
}

TEST_F(Notifier, says_what_is_missing_when_it_has_no_address) {
  ASSERT_TRUE(host_.run().ok());
  EXPECT_EQ(send().status(), Status(Code::failed_precondition, "there is no \"url\" in the configuration"));
}

}  // namespace
