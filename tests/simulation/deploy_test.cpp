// Whole rollouts of one application, in a world without faults.
#include <gmock/gmock.h>

#include <algorithm>

#include "tests/simulation/world.hpp"

namespace slipway::sim {
namespace {

using testing::HasSubstr;
using testing::IsEmpty;

class Deploy : public testing::Test {
 protected:
  Deploy() { world.start(); }
  ~Deploy() override { EXPECT_THAT(world.provider.violations(), IsEmpty()); }
  World world;
};

TEST_F(Deploy, AFirstReleaseServesAllTraffic) {
  ASSERT_TRUE(world.make_application(world.shop()).ok());
  ASSERT_TRUE(world.make_release("shop", "1.0").ok());
  const auto rollout = world.deploy("shop", "1.0");
  ASSERT_TRUE(rollout.ok()) << to_string(rollout.status());
  EXPECT_TRUE(world.until_state(rollout->id, State::succeeded)) << encode_text(*world.get(rollout->id));
  EXPECT_EQ(world.provider.weight_of("shop", "1.0"), kAllTraffic);
  EXPECT_EQ(world.application("shop")->stable_release, "1.0");
  EXPECT_EQ(world.application("shop")->rollout, "");
}

TEST_F(Deploy, AGoodReleaseIsPromotedStepByStep) {
  world.make_stable(world.shop(), "1.0");
  ASSERT_TRUE(world.make_release("shop", "1.1").ok());
  const auto rollout = world.deploy("shop", "1.1");
  ASSERT_TRUE(rollout.ok()) << to_string(rollout.status());
  EXPECT_TRUE(world.until([&] { return world.provider.weight_of("shop", "1.1") == 50'000; }));
  EXPECT_EQ(world.provider.ready_of("shop", "1.1"), 4);
  EXPECT_TRUE(world.until([&] { return world.provider.weight_of("shop", "1.1") == 500'000; }));
  EXPECT_TRUE(world.until_state(rollout->id, State::succeeded)) << encode_text(*world.get(rollout->id));
  EXPECT_EQ(world.provider.weight_of("shop", "1.1"), kAllTraffic);
  EXPECT_EQ(world.application("shop")->stable_release, "1.1");
}

TEST_F(Deploy, StepsLeaveTheApplicationAsItIs) {
  world.make_stable(world.shop(), "1.0");
  ASSERT_TRUE(world.make_release("shop", "1.1").ok());
  ASSERT_TRUE(world.deploy("shop", "1.1").ok());
  EXPECT_TRUE(world.until([&] { return world.provider.weight_of("shop", "1.1") == 50'000; }));
  const std::string version = world.application("shop")->version;
  EXPECT_TRUE(world.until([&] { return world.provider.weight_of("shop", "1.1") == 500'000; }));
  EXPECT_EQ(world.application("shop")->version, version);
}

TEST_F(Deploy, OrdersAreNumberedOnAfterACrash) {
  world.make_stable(world.shop(), "1.0");
  ASSERT_TRUE(world.make_release("shop", "1.1").ok());
  const auto rollout = world.deploy("shop", "1.1");
  ASSERT_TRUE(rollout.ok()) << to_string(rollout.status());
  EXPECT_TRUE(world.until([&] { return world.provider.weight_of("shop", "1.1") == 50'000; }));
  world.crash();
  world.start();
  EXPECT_TRUE(world.until_state(rollout->id, State::succeeded)) << encode_text(*world.get(rollout->id));
  const auto& orders = world.provider.orders();
  EXPECT_TRUE(std::is_sorted(orders.begin(), orders.end(),
                             [](const auto& a, const auto& b) { return a.generation < b.generation; }));
  EXPECT_EQ(world.application("shop")->generation, orders.back().generation);
}

TEST_F(Deploy, AStrategyThatPromotesAtOnceWaitsForItsReplicasAllTheSame) {
  auto spec = world.shop();
  spec.strategy.settings = json_text({{"hasty", true}});
  world.make_stable(spec, "1.0");
  ASSERT_TRUE(world.make_release("shop", "1.1").ok());
  const auto rollout = world.deploy("shop", "1.1");
  ASSERT_TRUE(rollout.ok()) << to_string(rollout.status());
  const std::string waits = "4 replicas of 1.1 to be ready, of which 0 are";
  EXPECT_TRUE(world.until([&] { return world.get(rollout->id)->why.waits_for == waits; }));
  EXPECT_TRUE(world.until([&] { return world.provider.weight_of("shop", "1.1") > 0; }));
  EXPECT_EQ(world.provider.ready_of("shop", "1.1"), 4);
  EXPECT_TRUE(world.until_state(rollout->id, State::succeeded)) << encode_text(*world.get(rollout->id));
  EXPECT_EQ(world.provider.weight_of("shop", "1.1"), kAllTraffic);
}

TEST_F(Deploy, ABadReleaseIsRolledBackByItsAnalysis) {
  world.make_stable(world.shop(), "1.0");
  ASSERT_TRUE(world.make_release("shop", "1.2").ok());
  world.metrics.error_ratio["1.2"] = 0.2;
  const auto rollout = world.deploy("shop", "1.2");
  ASSERT_TRUE(rollout.ok()) << to_string(rollout.status());
  EXPECT_TRUE(world.until_state(rollout->id, State::rolled_back)) << encode_text(*world.get(rollout->id));
  EXPECT_EQ(world.provider.weight_of("shop", "1.0"), kAllTraffic);
  EXPECT_EQ(world.provider.ready_of("shop", "1.2"), 0);
  EXPECT_THAT(world.get(rollout->id)->why.reason, HasSubstr("error_ratio is too high"));
}

}  // namespace
}  // namespace slipway::sim
