#include "host/rollout/retreat.hpp"

#include <gmock/gmock.h>

#include <utility>

namespace slipway::rollout {
namespace {

constexpr Instant kTurned{1'700'000'000'000'000'000};

OrderedGroup group(const std::string& role, const std::string& release, std::int32_t replicas, std::uint32_t weight) {
  return {role, release, replicas, weight};
}

// 1.0 is stable, 1.1 is on its way with `next_weight`.
class Retreats : public testing::Test {
 protected:
  Retreats() {
    record.rollout.from_release = "1.0";
    record.rollout.to_release = "1.1";
    record.rollout.state = State::progressing;
    record.phase = Phase::stepping;
    record.spec.replicas = 4;
    set(4, 500'000);
  }
  void set(std::int32_t stable_replicas, std::uint32_t next_weight) {
    record.order.generation = 7;
    record.order.groups = {group("stable", "1.0", stable_replicas, kAllTraffic - next_weight),
                           group("next", "1.1", 4, next_weight)};
    world.generation = 7;
    world.groups = {{.role = "stable",
                     .release = "1.0",
                     .replicas = stable_replicas,
                     .running = stable_replicas,
                     .ready = stable_replicas,
                     .weight = kAllTraffic - next_weight},
                    {.role = "next", .release = "1.1", .replicas = 4, .running = 4, .ready = 4, .weight = next_weight}};
  }
  Change back() { return turn_back(record, "because", world, kTurned); }
  Record record;
  provider::Observation world;
};

TEST_F(Retreats, AllTrafficGoesBackInTheFirstOrderWhenEnoughStableReplicasAreReady) {
  const Change change = back();
  EXPECT_EQ(change.record.rollout.state, State::rolling_back);
  EXPECT_EQ(change.record.order.groups,
            (std::vector{group("stable", "1.0", 4, kAllTraffic), group("next", "1.1", 4, 0)}));
  EXPECT_EQ(change.events, std::vector<std::string>{"rollout.rolling_back"});
}

TEST_F(Retreats, WhoHasNotSeenTheWorldOrdersNothingAndTheFirstLookGivesTheFirstOrder) {
  const auto seen = std::exchange(world, {});
  const Change change = back();
  EXPECT_EQ(change.record.phase, Phase::returning);
  EXPECT_TRUE(same_order(change.record.order, record.order));
  EXPECT_EQ(change.record.wait.what, "the first look at the replicas");
  strategy::Wait waiting;
  const auto next = go_back(change.record, seen, kTurned, waiting);
  ASSERT_TRUE(next);
  EXPECT_EQ(next->record.order.groups,
            (std::vector{group("stable", "1.0", 4, kAllTraffic), group("next", "1.1", 4, 0)}));
}

TEST_F(Retreats, BeforeEnoughAreReadyTrafficGoesBackInProportionToThem) {
  set(4, 900'000);
  world.groups[0].ready = 1;
  EXPECT_EQ(back().record.order.groups,
            (std::vector{group("stable", "1.0", 4, 250'000), group("next", "1.1", 4, 750'000)}));
}

TEST_F(Retreats, AProviderThatCanNotSplitTrafficGetsAllOfItOnceEnoughAreReady) {
  record.granularity = kAllTraffic;
  record.spec.rollback = {.mode = RollbackMode::gradual, .over = seconds(90)};
  set(4, kAllTraffic);
  world.groups[0].ready = 1;
  const Change change = back();
  EXPECT_EQ(change.record.order.groups,
            (std::vector{group("stable", "1.0", 4, 0), group("next", "1.1", 4, kAllTraffic)}));
  EXPECT_EQ(change.record.wait.what, "1 of 4 replicas of 1.0 to be ready");
  EXPECT_FALSE(goes_by_shifts(change.record, kTurned));
  world.groups[0].ready = 2;
  strategy::Wait waiting;
  const auto next = go_back(change.record, world, kTurned + seconds(1), waiting);
  ASSERT_TRUE(next);
  EXPECT_EQ(next->record.order.groups,
            (std::vector{group("stable", "1.0", 4, kAllTraffic), group("next", "1.1", 4, 0)}));
}

TEST_F(Retreats, SharesAreMultiplesOfTheSmallestThatTheProviderCanGive) {
  record.granularity = 100'000;
  set(4, 900'000);
  world.groups[0].ready = 1;
  EXPECT_EQ(back().record.order.groups,
            (std::vector{group("stable", "1.0", 4, 200'000), group("next", "1.1", 4, 800'000)}));
}

TEST_F(Retreats, WeightNeverLeavesTheStableReleaseOnTheWayBack) {
  set(4, 100'000);
  world.groups[0].ready = 1;
  EXPECT_EQ(back().record.order.groups[0].weight, 900'000U);
}

TEST_F(Retreats, WhenTheNewReplicasAreDeadOneStableReplicaIsEnough) {
  set(4, 900'000);
  world.groups[0].ready = 1;
  world.groups[1].ready = 0;
  EXPECT_EQ(back().record.order.groups[0].weight, kAllTraffic);
}

TEST_F(Retreats, AStableGroupThatWasRemovedIsBroughtUpBeforeItGetsTraffic) {
  record.order.groups = {group("next", "1.1", 4, kAllTraffic)};
  world.groups.erase(world.groups.begin());
  EXPECT_EQ(back().record.order.groups,
            (std::vector{group("stable", "1.0", 4, 0), group("next", "1.1", 4, kAllTraffic)}));
}

TEST_F(Retreats, AGradualWayBackHasTenEqualShifts) {
  record.spec.rollback = {.mode = RollbackMode::gradual, .over = seconds(90)};
  Change change = back();
  EXPECT_EQ(change.record.order.groups[1].weight, 450'000U);
  strategy::Wait waiting;
  const auto next = go_back(change.record, world, kTurned + seconds(10), waiting);
  ASSERT_TRUE(next);
  EXPECT_EQ(next->record.order.groups[1].weight, 400'000U);
  EXPECT_FALSE(go_back(next->record, world, kTurned + seconds(19), waiting));
  EXPECT_EQ(waiting.until, kTurned + seconds(20));
  EXPECT_EQ(go_back(next->record, world, kTurned + seconds(90), waiting)->record.order.groups[1].weight, 0U);
}

TEST_F(Retreats, TheRestOfAGradualWayBackIsMadeInstant) {
  record.spec.rollback = {.mode = RollbackMode::gradual, .over = seconds(90)};
  const Record turned = back().record;
  EXPECT_TRUE(goes_by_shifts(turned, kTurned + seconds(89)));
  EXPECT_FALSE(goes_by_shifts(turned, kTurned + seconds(90))) << "the last shift is due";
  const Change change = hasten(turned, "hastened", Haste::instant, world, kTurned + seconds(1));
  EXPECT_EQ(change.record.order.groups,
            (std::vector{group("stable", "1.0", 4, kAllTraffic), group("next", "1.1", 4, 0)}));
  EXPECT_EQ(change.reason, "hastened; all traffic goes to 1.0");
  EXPECT_FALSE(goes_by_shifts(change.record, kTurned + seconds(1)));
}

TEST_F(Retreats, WhatIsMadeInstantStillGoesNoFasterThanReplicasAreReady) {
  record.spec.rollback = {.mode = RollbackMode::gradual, .over = seconds(90)};
  set(4, 900'000);
  world.groups[0].ready = 1;
  const Change change = hasten(back().record, "hastened", Haste::instant, world, kTurned);
  EXPECT_EQ(change.record.order.groups[0].weight, 250'000U);
  EXPECT_EQ(change.record.wait.what, "1 of 4 replicas of 1.0 to be ready");
  world.groups[0].ready = 2;
  strategy::Wait waiting;
  const auto next = go_back(change.record, world, kTurned, waiting);
  ASSERT_TRUE(next);
  EXPECT_EQ(next->record.order.groups[0].weight, kAllTraffic);
}

TEST_F(Retreats, ForWhatIsForcedOneReadyReplicaIsEnough) {
  set(4, 900'000);
  world.groups[0].ready = 0;
  const Change change = hasten(back().record, "forced", Haste::forced, world, kTurned);
  EXPECT_EQ(change.record.order.groups[0].weight, 100'000U);
  EXPECT_EQ(change.record.wait.what, "0 of 4 replicas of 1.0 to be ready");
  world.groups[0].ready = 1;
  strategy::Wait waiting;
  const auto next = go_back(change.record, world, kTurned, waiting);
  ASSERT_TRUE(next);
  EXPECT_EQ(next->record.order.groups[0].weight, kAllTraffic);
}

TEST_F(Retreats, WhatIsForcedFromItsBeginGoesAtOnceThoughTheApplicationWouldGoBackGradually) {
  record.spec.rollback = {.mode = RollbackMode::gradual, .over = seconds(90)};
  set(4, 900'000);
  world.groups[0].ready = 1;
  const Change change = turn_back(record, "because", world, kTurned, Haste::forced);
  EXPECT_EQ(change.record.order.groups[0].weight, kAllTraffic);
  EXPECT_EQ(change.record.wait.what, "the replicas of 1.1 to leave");
}

TEST_F(Retreats, OneReadyReplicaIsEnoughToForceAProviderThatCanNotSplitTraffic) {
  record.granularity = kAllTraffic;
  set(4, kAllTraffic);
  world.groups[0].ready = 1;
  EXPECT_EQ(hasten(back().record, "forced", Haste::forced, world, kTurned).record.order.groups[0].weight, kAllTraffic);
}

TEST_F(Retreats, WhoHasNotSeenTheWorldMakesTheRestInstantWithTheFirstLook) {
  record.spec.rollback = {.mode = RollbackMode::gradual, .over = seconds(90)};
  const Record turned = back().record;
  const Change change = hasten(turned, "hastened", Haste::instant, {}, kTurned);
  EXPECT_TRUE(same_order(change.record.order, turned.order));
  EXPECT_EQ(change.record.wait.what, "the first look at the replicas");
  strategy::Wait waiting;
  EXPECT_EQ(go_back(change.record, world, kTurned, waiting)->record.order.groups[0].weight, kAllTraffic);
}

TEST_F(Retreats, TheNewReplicasGoOnlyWhenTheProviderSaysThatTheyGetNothing) {
  const Change change = back();
  strategy::Wait waiting;
  EXPECT_FALSE(go_back(change.record, world, kTurned, waiting)) << "the provider has not applied the order yet";
  world.generation = change.record.order.generation;
  world.groups[1].weight = 0;
  const auto next = go_back(change.record, world, kTurned, waiting);
  ASSERT_TRUE(next);
  EXPECT_EQ(next->record.order.groups, std::vector{group("stable", "1.0", 4, kAllTraffic)});
}

TEST_F(Retreats, ItEndsWhenTheNewReplicasAreGone) {
  Change change = back();
  change.record.order.groups.pop_back();
  strategy::Wait waiting;
  EXPECT_FALSE(go_back(change.record, world, kTurned, waiting));
  EXPECT_EQ(waiting.what, "the replicas of 1.1 to leave");
  world.groups.pop_back();
  const auto end = go_back(change.record, world, kTurned, waiting);
  ASSERT_TRUE(end);
  EXPECT_EQ(end->record.rollout.state, State::rolled_back);
  EXPECT_EQ(end->reason, "back at 1.0: because");
}

TEST_F(Retreats, AFirstReleaseThatFailsIsRemovedAndTheRolloutHasFailed) {
  record.rollout.from_release.clear();
  record.order.groups = {group("next", "1.1", 4, 0)};
  world.groups.erase(world.groups.begin());
  const Change change = back();
  EXPECT_TRUE(change.record.order.groups.empty());
  world.groups.clear();
  strategy::Wait waiting;
  EXPECT_EQ(go_back(change.record, world, kTurned, waiting)->record.rollout.state, State::failed);
}

TEST(Bearable, FollowsReadyReplicasUntilThereAreEnough) {
  EXPECT_EQ(bearable(0, 4, percent(50)), 0U);
  EXPECT_EQ(bearable(1, 4, percent(50)), 250'000U);
  EXPECT_EQ(bearable(2, 4, percent(50)), kAllTraffic);
  EXPECT_EQ(bearable(1, 1, percent(0)), kAllTraffic);
  EXPECT_EQ(bearable(0, 3, percent(0)), 0U) << "nothing is carried by nobody";
}

}  // namespace
}  // namespace slipway::rollout
