#include <future>

#include "tests/unit/host/runtime/rig.hpp"

namespace slipway::runtime {
namespace {

struct HeardReply {
  std::uint64_t token;
  slipway_status status;
  std::string payload;
  bool operator==(const HeardReply&) const = default;
};

class InstanceHostTest : public InstanceTest {
 protected:
  void listen() {
    plugin.on_reply = [this](std::uint64_t token, slipway_status status, std::string_view payload) {
      heard.add({token, status, std::string(payload)});
    };
  }
  Collected<HeardReply> heard;
};

TEST_F(InstanceHostTest, a_request_reaches_the_host_and_its_answer_the_plugin) {
  listen();
  run(Threading::serial);
  plugin.request("http", "send", 7, R"({"url":"u"})", 1000);
  auto asked = sink->asked.wait_for(1)[0];
  EXPECT_EQ(asked.request.service, "http");
  EXPECT_EQ(asked.request.method, "send");
  EXPECT_EQ(asked.request.payload, R"({"url":"u"})");
  EXPECT_EQ(asked.request.budget_ns, 1000);
  asked.answer->succeed("fine");
  EXPECT_EQ(heard.wait_for(1)[0], (HeardReply{7, SLIPWAY_OK, "fine"}));
}

TEST_F(InstanceHostTest, an_answer_given_inside_request_is_heard_after_it) {
  std::atomic<bool> inside{false};
  std::atomic<bool> nested{false};
  sink->respond = [](HostRequest, Answerer answer) { answer.succeed("at once"); };
  plugin.on_wake = [&](std::uint64_t) {
    inside = true;
    plugin.request("timers", "sleep", 1, "{}");
    inside = false;
  };
  plugin.on_reply = [&](std::uint64_t token, slipway_status status, std::string_view payload) {
    nested = inside.load();
    heard.add({token, status, std::string(payload)});
  };
  run(Threading::serial);
  plugin.host().wake(plugin.host().context, 1);
  heard.wait_for(1);
  EXPECT_FALSE(nested.load());
}

TEST_F(InstanceHostTest, a_refusal_is_an_error_document) {
  listen();
  sink->respond = [](HostRequest, Answerer answer) {
    answer.fail({Code::permission_denied, "no", {{"/url", "", "not granted"}}});
  };
  run(Threading::serial);
  plugin.request("http", "send", 7, "{}");
  EXPECT_EQ(heard.wait_for(1)[0],
            (HeardReply{7, SLIPWAY_PERMISSION_DENIED,
                        R"({"message":"no","problems":[{"message":"not granted","path":"/url","value":""}]})"}));
}

TEST_F(InstanceHostTest, a_request_that_the_host_drops_is_answered_unavailable) {
  listen();
  sink->respond = [](HostRequest, Answerer) {};
  run(Threading::serial);
  plugin.request("http", "send", 7, "{}");
  EXPECT_EQ(heard.wait_for(1)[0],
            (HeardReply{7, SLIPWAY_UNAVAILABLE, R"({"message":"the host dropped the request","problems":[]})"}));
}

TEST_F(InstanceHostTest, requests_beyond_the_limit_are_refused_and_room_returns_with_the_answers) {
  listen();
  run(Threading::serial, {.requests = 2});
  for (std::uint64_t token = 1; token <= 3; ++token) plugin.request("http", "send", token, "{}");
  const auto refused = heard.wait_for(1)[0];
  EXPECT_EQ(refused.token, 3U);
  EXPECT_EQ(refused.status, SLIPWAY_RESOURCE_EXHAUSTED);
  EXPECT_NE(refused.payload.find("has 2 requests without an answer, the most that it may have"), std::string::npos);
  for (const auto& asked : sink->asked.wait_for(2)) asked.answer->succeed("");
  heard.wait_for(3);
  plugin.request("http", "send", 4, "{}");
  EXPECT_EQ(sink->asked.wait_for(3).size(), 3U);
}

TEST_F(InstanceHostTest, a_request_larger_than_allowed_is_refused) {
  listen();
  run(Threading::serial, {.request_bytes = 4});
  plugin.request("http", "send", 1, "12345");
  EXPECT_EQ(heard.wait_for(1)[0].status, SLIPWAY_INVALID_ARGUMENT);
  EXPECT_EQ(sink->asked.size(), 0U);
}

TEST_F(InstanceHostTest, an_answer_larger_than_allowed_is_an_error_and_the_next_one_is_heard) {
  listen();
  run(Threading::serial);
  for (std::uint64_t token = 1; token <= 2; ++token) plugin.request("http", "send", token, "{}");
  const auto asked = sink->asked.wait_for(2);
  asked[0].answer->succeed(std::string(std::size_t{9} << 20, 'a'));
  EXPECT_EQ(heard.wait_for(1)[0],
            (HeardReply{1, SLIPWAY_RESOURCE_EXHAUSTED,
                        R"({"message":"the answer to the request has 9437184 bytes, at most 8388608 are allowed; )"
                        R"(ask for less at a time","problems":[]})"}));
  asked[1].answer->succeed(std::string(std::size_t{8} << 20, 'a'));
  EXPECT_EQ(heard.wait_for(2)[1], (HeardReply{2, SLIPWAY_OK, std::string(std::size_t{8} << 20, 'a')}));
}

TEST_F(InstanceHostTest, requests_are_allowed_before_start) {
  listen();
  plugin.on_create = [&](std::string_view, slipway_blob*) { return SLIPWAY_OK; };
  instance = *create(Threading::serial);
  plugin.request("http", "send", 1, "{}");
  sink->asked.wait_for(1)[0].answer->succeed("x");
  EXPECT_EQ(heard.wait_for(1)[0].payload, "x");
}

TEST_F(InstanceHostTest, an_answer_after_the_end_is_dropped) {
  listen();
  run(Threading::serial);
  plugin.request("http", "send", 1, "{}");
  auto asked = sink->asked.wait_for(1)[0];
  EXPECT_EQ(stop(), Status());
  asked.answer->succeed("late");
  instance.reset();
  EXPECT_EQ(heard.size(), 0U);
}

TEST_F(InstanceHostTest, wakes_arrive_in_order_on_the_strand_and_are_not_merged) {
  Collected<std::uint64_t> tokens;
  plugin.on_wake = [&](std::uint64_t token) { tokens.add(token); };
  run(Threading::serial);
  for (const std::uint64_t token : {5U, 5U, 6U}) plugin.host().wake(plugin.host().context, token);
  EXPECT_EQ(tokens.wait_for(3), (std::vector<std::uint64_t>{5, 5, 6}));
}

TEST_F(InstanceHostTest, wakes_beyond_the_bound_are_dropped_counted_and_logged) {
  std::promise<void> gate;
  Collected<std::uint64_t> tokens;
  plugin.on_wake = [&](std::uint64_t token) {
    tokens.add(token);
    if (token == 1) gate.get_future().wait();
  };
  run(Threading::serial, {.wakes = 2});
  const slipway_host& host = plugin.host();
  host.wake(host.context, 1);
  tokens.wait_for(1);
  for (std::uint64_t token = 2; token <= 4; ++token) host.wake(host.context, token);
  gate.set_value();
  EXPECT_EQ(tokens.wait_for(3), (std::vector<std::uint64_t>{1, 2, 3}));
  EXPECT_EQ(instance->breaches(), 1U);
  EXPECT_EQ(sink->logs.wait_for(1)[0].message, "the plugin called wake, with its queue full: it was dropped");
  EXPECT_TRUE(sink->logs.wait_for(1)[0].by_host);
}

TEST_F(InstanceHostTest, log_and_metric_go_to_the_sink) {
  run(Threading::serial);
  const slipway_host& host = plugin.host();
  host.log(host.context, SLIPWAY_LOG_WARN, test::span_of("careful"), test::span_of("{}"));
  host.metric(host.context, SLIPWAY_METRIC_GAUGE, test::span_of("depth"), test::span_of(R"({"a":"b"})"), 2);
  EXPECT_EQ(sink->logs.wait_for(1)[0].message, "careful");
  EXPECT_FALSE(sink->logs.wait_for(1)[0].by_host);
  EXPECT_EQ(sink->metrics.wait_for(1)[0], R"(depth{"a":"b"}=2.000000)");
}

}  // namespace
}  // namespace slipway::runtime
