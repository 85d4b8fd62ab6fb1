// A gradual way back that a person can't wait for.
#include <gmock/gmock.h>

#include "tests/simulation/world.hpp"

namespace slipway::sim {
namespace {

using rollout::Action;
using rollout::RollbackMode;
using testing::HasSubstr;
using testing::IsEmpty;

// 1.1 has half of the traffic, and going back takes ten minutes.
class Gradually : public testing::Test {
 protected:
  Gradually() {
    world.start();
    auto spec = world.shop({{"weights", {50'000, 500'000}}, {"hold", "60s"}});
    spec.rollback = {.mode = RollbackMode::gradual, .over = seconds(600)};
    world.make_stable(spec, "1.0");
    (void)world.make_release("shop", "1.1");
    const auto rollout = world.deploy("shop", "1.1");
    EXPECT_TRUE(rollout.ok()) << to_string(rollout.status());
    id = rollout.ok() ? rollout->id : "";
    EXPECT_TRUE(world.until([&] { return world.provider.weight_of("shop", "1.1") == 50'000; }));
    EXPECT_TRUE(world.act(id, Action::promote).ok());
    EXPECT_TRUE(world.until([&] { return world.provider.weight_of("shop", "1.1") == 500'000; }, seconds(5)));
  }
  ~Gradually() override { EXPECT_THAT(world.provider.violations(), IsEmpty()); }

  World world;
  std::string id;
};

TEST_F(Gradually, ASecondAbortMakesTheRestOfTheWayBackInstant) {
  ASSERT_TRUE(world.act(id, Action::abort).ok());
  world.run_for(seconds(30));
  ASSERT_EQ(world.provider.weight_of("shop", "1.1"), 450'000U);

  const auto again = world.act(id, Action::abort);
  ASSERT_TRUE(again.ok()) << to_string(again.status());
  EXPECT_EQ(again->why.reason, "the rest was made instant by ann; all traffic goes to 1.0");
  EXPECT_TRUE(world.until([&] { return world.provider.weight_of("shop", "1.0") == kAllTraffic; }, seconds(1)));
  EXPECT_THAT(world.act(id, Action::abort).status().message, HasSubstr("it goes back already"));
  ASSERT_TRUE(world.until_state(id, State::rolled_back, seconds(30)));
  EXPECT_EQ(world.get(id)->why.reason, "back at 1.0: aborted by ann");
}

TEST_F(Gradually, WhatWasMadeInstantStaysSoWhenItsHostDies) {
  ASSERT_TRUE(world.act(id, Action::abort).ok());
  world.fate = [](int, std::string_view binding, std::uint32_t) {
    return binding == "provider" ? World::Fate::hang : World::Fate::good;
  };
  ASSERT_TRUE(world.act(id, Action::rollback).ok());
  world.crash();
  world.fate = nullptr;
  world.start();
  EXPECT_TRUE(world.until_state(id, State::rolled_back, seconds(60)));
}

TEST_F(Gradually, APromotionToTheEndMakesARollbackInstant) {
  ASSERT_TRUE(world.act(id, Action::promote, {.full = true}).ok());
  ASSERT_TRUE(world.until_state(id, State::succeeded, seconds(20)));
  const auto back = world.act(id, Action::rollback);
  ASSERT_TRUE(back.ok()) << to_string(back.status());
  ASSERT_TRUE(world.until([&] { return world.provider.weight_of("shop", "1.0") == 100'000; }, seconds(30)));
  ASSERT_TRUE(world.act(back->id, Action::promote, {.full = true}).ok());
  EXPECT_TRUE(world.until([&] { return world.provider.weight_of("shop", "1.0") == kAllTraffic; }, seconds(1)));
  EXPECT_TRUE(world.until_state(back->id, State::succeeded, seconds(60)));
  EXPECT_EQ(world.application("shop")->stable_release, "1.0");
}

TEST(WayBack, FromAProviderThatCanNotSplitTrafficGoesInOneOrderAlsoAfterTheEnd) {
  World world;
  world.provider.able.weights = false;
  world.start();
  auto spec = world.shop({{"weights", {kAllTraffic}}, {"hold", "60s"}});
  spec.rollback.min_ready = percent(100);
  world.make_stable(spec, "1.0");
  (void)world.make_release("shop", "1.1");
  const auto rollout = world.deploy("shop", "1.1");
  ASSERT_TRUE(rollout.ok()) << to_string(rollout.status());
  ASSERT_TRUE(world.until([&] { return world.provider.weight_of("shop", "1.1") == kAllTraffic; }));
  world.provider.kill_replica("acme", "shop", "1.0");
  world.run_for(seconds(1));
  ASSERT_TRUE(world.act(rollout->id, Action::abort).ok());
  EXPECT_TRUE(world.until([&] { return world.provider.weight_of("shop", "1.0") == kAllTraffic; }, seconds(10)));
  ASSERT_TRUE(world.until_state(rollout->id, State::rolled_back, seconds(30)));

  const auto again = world.act(rollout->id, Action::retry);
  ASSERT_TRUE(again.ok()) << to_string(again.status());
  ASSERT_TRUE(world.until([&] { return world.provider.weight_of("shop", "1.1") == kAllTraffic; }));
  ASSERT_TRUE(world.act(rollout->id, Action::promote, {.full = true}).ok());
  ASSERT_TRUE(world.until_state(rollout->id, State::succeeded, seconds(60)));
  const auto back = world.act(rollout->id, Action::rollback);
  ASSERT_TRUE(back.ok()) << to_string(back.status());
  world.run_for(seconds(1));
  world.provider.kill_replica("acme", "shop", "1.0");
  EXPECT_TRUE(world.until_state(back->id, State::succeeded, seconds(60)));
  EXPECT_THAT(world.provider.violations(), IsEmpty());
}

TEST(Forced, AnAbortBringsAllBackToWhatReplicasAreReady) {
  World world;
  world.start();
  auto spec = world.shop({{"weights", {kAllTraffic}}, {"hold", "60s"}});
  spec.rollback.min_ready = percent(100);
  world.make_stable(spec, "1.0");
  (void)world.make_release("shop", "1.1");
  const auto rollout = world.deploy("shop", "1.1");
  ASSERT_TRUE(rollout.ok()) << to_string(rollout.status());
  ASSERT_TRUE(world.until([&] { return world.provider.weight_of("shop", "1.1") == kAllTraffic; }));
  world.provider.behave("1.0", {.start = seconds(3600)});
  world.provider.kill_replica("acme", "shop", "1.0");
  world.run_for(seconds(1));
  ASSERT_TRUE(world.act(rollout->id, Action::abort, {.full = true}).ok());
  EXPECT_TRUE(world.until([&] { return world.provider.weight_of("shop", "1.0") == kAllTraffic; }, seconds(5)));
  EXPECT_THAT(world.provider.violations(), IsEmpty());
}

}  // namespace
}  // namespace slipway::sim
