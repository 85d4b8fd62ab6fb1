#include <gtest/gtest.h>

#include <slipway/interfaces/strategy.hpp>
#include <slipway/testing/fake_host.hpp>
#include <slipway/testing/library.hpp>

namespace {

using namespace slipway;
using strategy::Outcome;

class Strategy : public testing::Test {
 protected:
  void SetUp() override { ASSERT_TRUE(host_.run({{"deadline", "10s"}}).ok()); }

  // One step in a world where so many new replicas are ready and this is their share of the traffic; the state goes
  // from one step to the next as the engine carries it.
  strategy::StepReply step(std::int32_t ready, std::uint32_t weight = 0) {
    provider::ObservedGroup next;
    next.role = "next";
    next.release = "1.2";
    next.replicas = next.running = 3;
    next.ready = ready;
    next.weight = weight;
    strategy::StepRequest request;
    request.settings = {"{}"};
    request.state = state_;
    request.observation.replicas = 3;
    request.observation.groups = {next};
    request.now = now_;
    auto reply = value_or_throw(host_.call<strategy::Interface, strategy::Step>(request));
    state_ = reply.state;
    return reply;
  }
  static std::uint32_t weight_of(const strategy::StepReply& reply, std::string_view role) {
    for (const auto& group : reply.groups) {
      if (group.role == role) return group.weight;
    }
    return 0;
  }

  Instant now_{seconds(1'800'000'000).ns};
  JsonText state_;
  test::Library library_{PLUGIN_LIBRARY};
  test::FakeHost host_{library_.table()};
};

TEST_F(Strategy, moves_no_traffic_before_every_new_replica_is_ready) {
  const auto reply = step(2);
  EXPECT_EQ(weight_of(reply, "next"), 0U);
  EXPECT_EQ(weight_of(reply, "stable"), kAllTraffic);
  EXPECT_EQ(reply.reason, "2 of 3 new replicas available");
}

TEST_F(Strategy, moves_all_traffic_at_once_and_then_is_done) {
  EXPECT_EQ(weight_of(step(3), "next"), kAllTraffic);
  EXPECT_EQ(step(3, kAllTraffic).outcome, Outcome::promoted);
}

TEST_F(Strategy, fails_when_nothing_goes_forward) {
  EXPECT_EQ(step(1).outcome, Outcome::progressing);
  now_ = now_ + seconds(10);
  const auto reply = step(1);
  EXPECT_EQ(reply.outcome, Outcome::failed);
  EXPECT_EQ(reply.reason, "no progress for 10s");
}

TEST_F(Strategy, plans_with_the_code_of_its_steps) {
  strategy::PlanRequest request;
  request.settings = {"{}"};
  request.replicas = 3;
  const auto reply = host_.call<strategy::Interface, strategy::Plan>(request);
  ASSERT_TRUE(reply.ok()) << to_string(reply.status());
  EXPECT_GE(reply->moments.size(), 2U);
}

}  // namespace
