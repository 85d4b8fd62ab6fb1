#include "plugins/providers/local/reconcile/plan.hpp"

#include <gmock/gmock.h>

namespace slipway::local {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;
using NameSet = std::set<std::string>;

provider::DesiredGroup group(const std::string& role, const std::string& version, int replicas, std::uint32_t weight) {
  provider::DesiredGroup made{role, {}, replicas, weight};
  made.release.version = version;
  return made;
}

provider::Desired desired(std::vector<provider::DesiredGroup> groups) {
  provider::Desired made;
  made.groups = std::move(groups);
  return made;
}

ReplicaView serving(const std::string& version, std::int64_t number) {
  return {version + "-" + std::to_string(number), version, number, false, true, true, true};
}

ReplicaView starting(const std::string& version, std::int64_t number) {
  return {version + "-" + std::to_string(number), version, number, false, false, false, true};
}

// All to the release in one backend; shares of the first backend to the second and the third.
Split alone(std::size_t slot) { return {slot, {slot, 0}, {slot, 0}}; }
Split split(std::uint32_t next) { return {0, {1, next}, {0, 0}}; }
Split split(std::uint32_t next, std::uint32_t baseline) { return {0, {1, next}, {2, baseline}}; }

Plan plan(const provider::Desired& wanted, const Seen& seen) { return make_plan(wanted, Presence::kWanted, seen); }

TEST(Plan, makes_the_replicas_that_are_missing_and_gives_the_release_a_backend) {
  const Plan made = plan(desired({group("stable", "1.0", 2, kAllTraffic)}), {});
  EXPECT_THAT(made.create, ElementsAre("1.0", "1.0"));
  EXPECT_EQ(made.slots, (Slots{"1.0", "", ""}));
  EXPECT_FALSE(made.split.has_value());
  EXPECT_THAT(made.waits, ElementsAre("release 1.0 has no ready replica to take 100% of the traffic"));
}

ReplicaView guest(const std::string& version, std::int64_t number) {
  ReplicaView view = serving(version, number);
  view.guest = true;
  return view;
}

TEST(Plan, routes_to_a_guest_and_neither_counts_it_as_its_own_nor_lets_it_go) {
  const Seen seen{{"1.0", ""}, alone(0), {guest("1.0", 1), guest("1.0", 2)}};
  const Plan made = plan(desired({group("stable", "1.0", 0, kAllTraffic)}), seen);
  EXPECT_TRUE(made.complete);
  EXPECT_THAT(made.leave, IsEmpty());
  EXPECT_THAT(plan(desired({group("stable", "1.0", 1, kAllTraffic)}), seen).create, ElementsAre("1.0"));
}

TEST(Plan, lets_an_unwanted_guest_go_once_traffic_goes_elsewhere) {
  Seen seen{{"1.0", "1.1"}, alone(0), {guest("1.0", 1), starting("1.1", 2)}};
  seen.replicas[0].unwanted = true;
  const provider::Desired promoted = desired({group("stable", "1.1", 1, kAllTraffic)});
  EXPECT_THAT(plan(promoted, seen).leave, IsEmpty());
  seen.replicas[1] = serving("1.1", 2);
  seen.split = alone(1);
  EXPECT_THAT(plan(promoted, seen).leave, ElementsAre("1.0-1"));
}

TEST(Plan, routes_once_the_first_replica_serves) {
  const Seen seen{{"1.0", ""}, {}, {serving("1.0", 1), starting("1.0", 2)}};
  const Plan made = plan(desired({group("stable", "1.0", 2, kAllTraffic)}), seen);
  EXPECT_EQ(made.split, alone(0));
  EXPECT_FALSE(made.complete);
}

TEST(Plan, holds_the_weights_while_the_gaining_group_has_nobody_ready) {
  const Seen seen{{"1.0", "1.1"}, split(100'000), {serving("1.0", 1), starting("1.1", 2)}};
  const Plan made = plan(desired({group("stable", "1.0", 1, 500'000), group("next", "1.1", 1, 500'000)}), seen);
  EXPECT_EQ(made.split, seen.split);
  EXPECT_FALSE(made.split_is_wanted);
}

TEST(Plan, moves_back_although_the_losing_group_is_dead) {
  const Seen seen{{"1.0", "1.1"}, split(500'000), {serving("1.0", 1)}};
  const Plan made = plan(desired({group("stable", "1.0", 1, kAllTraffic), group("next", "1.1", 0, 0)}), seen);
  EXPECT_EQ(made.split, split(0));
}

TEST(Plan, a_promotion_swaps_the_roles_in_place) {
  const Seen seen{{"1.0", "1.1"}, split(kAllTraffic), {serving("1.0", 1), serving("1.1", 2)}};
  const Plan made = plan(desired({group("stable", "1.1", 1, kAllTraffic)}), seen);
  EXPECT_EQ(made.split, alone(1));
  EXPECT_EQ(made.slots, seen.slots) << "the old release keeps its backend until it is drained";
  EXPECT_EQ(made.leave, NameSet{"1.0-1"}) << "no traffic goes there any more";
}

TEST(Plan, nobody_leaves_a_backend_whose_traffic_has_not_moved_yet) {
  const Seen seen{{"1.0", "2.0"}, alone(0), {serving("1.0", 1), starting("2.0", 2)}};
  const Plan made = plan(desired({group("stable", "2.0", 1, kAllTraffic)}), seen);
  EXPECT_THAT(made.leave, IsEmpty());
  EXPECT_EQ(made.split, seen.split);
}

TEST(Plan, a_fourth_release_waits_for_a_backend_to_be_drained) {
  Seen seen{{"1.0", "1.1", "0.9"}, alone(0), {serving("1.0", 1), serving("1.1", 2), serving("0.9", 3)}};
  const auto wanted = desired({group("stable", "1.0", 1, kAllTraffic), group("next", "1.2", 1, 0)});
  Plan made = plan(wanted, seen);
  EXPECT_EQ(made.slots, (Slots{"1.0", "1.1", "0.9"}));
  EXPECT_EQ(made.leave, (NameSet{"0.9-3", "1.1-2"}));
  EXPECT_THAT(made.waits, ElementsAre("release 1.2 waits for a release before it to be drained"));
  seen.replicas.pop_back();
  made = plan(wanted, seen);
  EXPECT_EQ(made.slots, (Slots{"1.0", "1.1", "1.2"}));
}

provider::Desired judged(std::uint32_t next, std::uint32_t baseline) {
  return desired({group("stable", "1.0", 2, kAllTraffic - next - baseline), group("next", "1.1", 1, next),
                  group("baseline", "1.0+baseline", 1, baseline)});
}

TEST(Plan, a_baseline_has_a_backend_and_a_share_of_its_own) {
  Seen seen{{"1.0", "", ""}, alone(0), {serving("1.0", 1), serving("1.0", 2)}};
  Plan made = plan(judged(0, 0), seen);
  EXPECT_EQ(made.slots, (Slots{"1.0", "1.1", "1.0+baseline"}));
  EXPECT_THAT(made.create, ElementsAre("1.1", "1.0+baseline"));
  EXPECT_EQ(made.split, split(0, 0)) << "header routes may lead there already";
  seen = {
      made.slots, made.split, {serving("1.0", 1), serving("1.0", 2), serving("1.1", 3), serving("1.0+baseline", 4)}};
  made = plan(judged(100'000, 50'000), seen);
  ASSERT_EQ(made.split, split(100'000, 50'000));
  EXPECT_EQ(made.split->share(0), 850'000U);
  EXPECT_EQ(made.split->share(1), 100'000U);
  EXPECT_EQ(made.split->share(2), 50'000U);
}

TEST(Plan, neither_group_gets_traffic_before_both_that_shall_get_it_can_take_it) {
  const Seen seen{{"1.0", "1.1", "1.0+baseline"},
                  split(0, 0),
                  {serving("1.0", 1), serving("1.0", 2), serving("1.1", 3), starting("1.0+baseline", 4)}};
  const Plan made = plan(judged(100'000, 100'000), seen);
  EXPECT_EQ(made.split, split(0, 0));
  EXPECT_THAT(made.waits, ElementsAre("release 1.0+baseline has no ready replica to take 10% of the traffic"));
}

TEST(Plan, the_way_back_asks_for_neither_the_next_group_nor_the_baseline) {
  const Seen seen{{"1.0", "1.1", "1.0+baseline"}, split(300'000, 300'000), {serving("1.0", 1), serving("1.0", 2)}};
  const Plan made = plan(desired({group("stable", "1.0", 2, kAllTraffic), group("next", "1.1", 0, 0)}), seen);
  EXPECT_EQ(made.split, split(0));
}

TEST(Plan, a_promotion_ends_the_baseline_with_the_old_release) {
  Seen seen{{"1.0", "1.1", "1.0+baseline"},
            split(500'000, 250'000),
            {serving("1.0", 1), serving("1.1", 2), serving("1.0+baseline", 3)}};
  const auto promoted = desired({group("stable", "1.1", 1, kAllTraffic)});
  Plan made = plan(promoted, seen);
  EXPECT_EQ(made.split, alone(1));
  EXPECT_THAT(made.leave, IsEmpty()) << "before the traffic has moved";
  seen.split = made.split;
  made = plan(promoted, seen);
  EXPECT_EQ(made.leave, (NameSet{"1.0-1", "1.0+baseline-3"}));
  seen.replicas = {serving("1.1", 2)};
  EXPECT_EQ(plan(promoted, seen).slots, (Slots{"", "1.1", ""}));
}

TEST(Plan, a_baseline_that_waits_for_a_backend_holds_only_its_own_weight) {
  Seen seen{{"1.0", "1.1", "0.9"}, split(0), {serving("1.0", 1), serving("1.1", 2), serving("0.9", 3)}};
  seen.replicas[2].leaving = true;
  EXPECT_EQ(plan(judged(100'000, 0), seen).split, split(100'000));
  EXPECT_EQ(plan(judged(100'000, 100'000), seen).split, split(0));
}

TEST(Plan, lets_those_go_first_that_help_least_then_the_newest) {
  const Seen seen{{"1.0", ""}, alone(0), {serving("1.0", 1), starting("1.0", 2), serving("1.0", 3)}};
  EXPECT_EQ(plan(desired({group("stable", "1.0", 2, kAllTraffic)}), seen).leave, NameSet{"1.0-2"});
  EXPECT_EQ(plan(desired({group("stable", "1.0", 1, kAllTraffic)}), seen).leave, (NameSet{"1.0-2", "1.0-3"}));
}

TEST(Plan, is_complete_only_when_everything_serves_and_nobody_leaves) {
  Seen seen{{"1.0", ""}, alone(0), {serving("1.0", 1)}};
  const auto wanted = desired({group("stable", "1.0", 1, kAllTraffic)});
  EXPECT_TRUE(plan(wanted, seen).complete);
  seen.replicas.push_back(serving("0.9", 2));
  seen.replicas.back().leaving = true;
  EXPECT_FALSE(plan(wanted, seen).complete);
}

TEST(Plan, a_removal_takes_the_route_first_and_the_replicas_after) {
  Seen seen{{"1.0", ""}, alone(0), {serving("1.0", 1)}};
  Plan made = make_plan({}, Presence::kRemoved, seen);
  EXPECT_FALSE(made.split.has_value());
  EXPECT_THAT(made.leave, IsEmpty());
  seen.split.reset();
  EXPECT_EQ(make_plan({}, Presence::kRemoved, seen).leave, NameSet{"1.0-1"});
  EXPECT_TRUE(make_plan({}, Presence::kRemoved, {}).complete);
}

}  // namespace
}  // namespace slipway::local
