// What the engine makes of a group "baseline", from a strategy's answer to the way back.
#include "host/rollout/baseline.hpp"

#include <gmock/gmock.h>

#include "host/rollout/advance.hpp"
#include "host/rollout/desired.hpp"
#include "host/rollout/promotion.hpp"
#include "host/rollout/retreat.hpp"
#include "host/rollout/start.hpp"
#include "host/rollout/validate.hpp"

namespace slipway::rollout {
namespace {

using testing::ElementsAre;
using testing::SizeIs;

constexpr Instant kMoment{1'700'000'000'000'000'000};
const OrderedGroup kBaseline{"baseline", "1.0+baseline", 1, 250'000};

provider::ObservedGroup seen(const std::string& role, const std::string& release, std::int32_t ready,
                             std::uint32_t weight) {
  return {.role = role, .release = release, .replicas = ready, .running = ready, .ready = ready, .weight = weight};
}

// 1.0 is stable, 1.1 has a quarter of the traffic, and 1.0's baseline another.
class Baselines : public testing::Test {
 protected:
  Baselines() {
    record.rollout.id = "r1";
    record.rollout.from_release = "1.0";
    record.rollout.to_release = "1.1";
    record.rollout.state = State::progressing;
    record.phase = Phase::stepping;
    record.spec.replicas = 4;
    record.order.generation = 7;
    record.order.groups = {{"stable", "1.0", 4, 500'000}, {"next", "1.1", 1, 250'000}, kBaseline};
    world = {.generation = 7,
             .converged = true,
             .groups = {seen("stable", "1.0", 4, 500'000), seen("next", "1.1", 1, 250'000),
                        seen("baseline", "1.0+baseline", 1, 250'000)}};
    reply.groups = {{"stable", 4, 500'000}, {"next", 1, 250'000}, {"baseline", 1, 250'000}};
  }
  std::vector<OrderedGroup> back() { return turn_back(record, "because", world, kMoment).record.order.groups; }
  Record record;
  provider::Observation world;
  strategy::StepReply reply;
};

TEST(BaselineName, IsTheReleasesWithASuffixThatIsTakenOffAgain) {
  EXPECT_EQ(baseline_of("1.0"), "1.0+baseline");
  EXPECT_EQ(kept_name("1.0+baseline"), "1.0");
  EXPECT_EQ(kept_name("1.0"), "1.0");
}

TEST(BaselineName, IsNoNameForARelease) {
  const auto faults = faults_of(ReleaseRequest{.release = {.version = "1.0+baseline", .command = {"/bin/app"}}});
  ASSERT_THAT(faults, SizeIs(1));
  EXPECT_EQ(faults[0].path + ": " + faults[0].message,
            "/release/version: ends in \"+baseline\", the name of the group that a canary is compared with; want "
            "another name");
}

TEST_F(Baselines, AProviderIsToldTheStableReleaseUnderTheBaselinesName) {
  const Releases releases{
      {"1.0", std::make_shared<const provider::Release>(provider::Release{.version = "1.0", .command = {"/bin/old"}})},
      {"1.1", std::make_shared<const provider::Release>(provider::Release{.version = "1.1", .command = {"/bin/new"}})}};
  const auto desired = desired_of({}, record.spec, record.order, releases);
  ASSERT_THAT(desired.groups, SizeIs(3));
  EXPECT_EQ(desired.groups[0].release.version, "1.0");
  EXPECT_EQ(desired.groups[2].release.version, "1.0+baseline");
  EXPECT_THAT(desired.groups[2].release.command, ElementsAre("/bin/old"));
}

TEST_F(Baselines, AnAnswersGroupIsOrderedAndSeenUnderItsRole) {
  record.order = steady_order("1.0", 4, 7);
  const NextOrder next = next_order(reply, record, world);
  EXPECT_EQ(next.order.groups[2], kBaseline);
  EXPECT_EQ(next.held, "");
  record.order.groups = {{"stable", "1.0", 4, 500'000}, {"next", "1.1", 1, 250'000}, kBaseline};
  EXPECT_EQ(question(record, world, kMoment).observation.groups[2].role, "baseline");
}

TEST_F(Baselines, ItsWeightWaitsForItsReplicaAsEachDoes) {
  record.order.groups = {{"stable", "1.0", 4, kAllTraffic}, {"next", "1.1", 1, 0}, {"baseline", "1.0+baseline", 1, 0}};
  world.groups[2].ready = 0;
  const NextOrder next = next_order(reply, record, world);
  EXPECT_EQ(next.order.groups, record.order.groups);
  EXPECT_EQ(next.held, "a replica of 1.0+baseline to be ready");
}

TEST_F(Baselines, AnswersThatCantBeSaySo) {
  EXPECT_EQ(fault_of(reply, record), "");
  reply.groups = {{"stable", 4, 750'000}, {"baseline", 1, 250'000}};
  EXPECT_EQ(fault_of(reply, record), "it names the group \"baseline\" without \"next\"");
  reply.groups = {{"next", 4, kAllTraffic}, {"baseline", 1, 0}};
  reply.outcome = strategy::Outcome::promoted;
  EXPECT_EQ(fault_of(reply, record), "it promotes and keeps the group \"baseline\"");
  record.rollout.from_release.clear();
  EXPECT_EQ(fault_of(reply, record), "it names the group \"baseline\", but no release is stable yet");
  reply.groups = {{"control", 1, 0}};
  EXPECT_EQ(fault_of(reply, record), "it names a group \"control\"; there are \"stable\", \"next\" and \"baseline\"");
}

TEST_F(Baselines, OnTheWayBackItsTrafficGoesHomeWithTheFirstOrder) {
  EXPECT_THAT(back(), ElementsAre(OrderedGroup{"stable", "1.0", 4, kAllTraffic}, OrderedGroup{"next", "1.1", 1, 0},
                                  OrderedGroup{"baseline", "1.0+baseline", 1, 0}));
}

TEST_F(Baselines, WhatHomeCantCarryStaysWithTheBaselineAndNeverGoesToTheBadRelease) {
  world.groups[0].ready = 1;
  EXPECT_THAT(back(), ElementsAre(OrderedGroup{"stable", "1.0", 4, 500'000}, OrderedGroup{"next", "1.1", 1, 250'000},
                                  kBaseline));
  world.groups[2].ready = 0;
  EXPECT_THAT(back(), ElementsAre(OrderedGroup{"stable", "1.0", 4, 750'000}, OrderedGroup{"next", "1.1", 1, 250'000},
                                  OrderedGroup{"baseline", "1.0+baseline", 1, 0}));
}

TEST_F(Baselines, WhenTheNewReplicasAreDeadHomeTakesTheirsAndTheBaselineHelps) {
  world.groups[0].ready = 1;
  world.groups[1].ready = 0;
  EXPECT_THAT(back(),
              ElementsAre(OrderedGroup{"stable", "1.0", 4, 750'000}, OrderedGroup{"next", "1.1", 1, 0}, kBaseline));
}

TEST_F(Baselines, AGradualWayBackTakesItAtOnceAndTheCanaryByShifts) {
  record.spec.rollback = {.mode = RollbackMode::gradual, .over = seconds(90)};
  EXPECT_THAT(back(), ElementsAre(OrderedGroup{"stable", "1.0", 4, 775'000}, OrderedGroup{"next", "1.1", 1, 225'000},
                                  OrderedGroup{"baseline", "1.0+baseline", 1, 0}));
}

TEST_F(Baselines, TheWayBackEndsWhenTheBaselineIsGoneToo) {
  Change change = turn_back(record, "because", world, kMoment);
  world = {.generation = 7,
           .groups = {seen("stable", "1.0", 4, kAllTraffic), seen("next", "1.1", 1, 0),
                      seen("baseline", "1.0+baseline", 1, 250'000)}};
  strategy::Wait waiting;
  EXPECT_FALSE(go_back(change.record, world, kMoment, waiting)) << "its traffic has not left yet";
  world.groups[2].weight = 0;
  auto next = go_back(change.record, world, kMoment, waiting);
  ASSERT_TRUE(next);
  EXPECT_THAT(next->record.order.groups, ElementsAre(OrderedGroup{"stable", "1.0", 4, kAllTraffic}));
  world.groups = {seen("stable", "1.0", 4, kAllTraffic), seen("", "1.0+baseline", 1, 0)};
  EXPECT_FALSE(go_back(next->record, world, kMoment, waiting)) << "its replica is still leaving";
  world.groups.pop_back();
  next = go_back(next->record, world, kMoment, waiting);
  ASSERT_TRUE(next);
  EXPECT_EQ(next->record.rollout.state, State::rolled_back);
}

TEST_F(Baselines, APromotionEndsWhenTheOldReleasesBaselineIsGoneToo) {
  record.phase = Phase::finishing;
  record.order = steady_order("1.1", 4, 7);
  world.groups = {seen("stable", "1.1", 4, kAllTraffic), seen("", "1.0+baseline", 1, 0)};
  strategy::Wait waiting;
  EXPECT_FALSE(watch(record, world, kMoment, waiting));
  world.groups.pop_back();
  EXPECT_TRUE(watch(record, world, kMoment, waiting));
}

TEST_F(Baselines, ARolloutThatReplacesTheCanaryClearsItAway) {
  Record fresh;
  fresh.rollout.from_release = "1.0";
  fresh.rollout.to_release = "1.2";
  fresh.spec.replicas = 4;
  clear_first(fresh, record, kMoment);
  EXPECT_EQ(fresh.phase, Phase::clearing);
  ASSERT_TRUE(fresh.retreat);
  EXPECT_EQ(fresh.retreat->away, "1.1");
  EXPECT_EQ(fresh.order.groups, record.order.groups);
  strategy::Wait waiting;
  const auto next = go_back(fresh, world, kMoment, waiting);
  ASSERT_TRUE(next);
  EXPECT_EQ(next->record.order.groups[2], (OrderedGroup{"baseline", "1.0+baseline", 1, 0}));
}

}  // namespace
}  // namespace slipway::rollout
