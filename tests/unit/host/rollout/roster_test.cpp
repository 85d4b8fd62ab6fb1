#include "host/rollout/roster.hpp"

#include <gmock/gmock.h>

#include <algorithm>
#include <set>

#include "host/base/random.hpp"

namespace slipway::rollout {
namespace {

constexpr Instant kBefore{1'000'000'000};
constexpr Instant kLater{9'000'000'000};

RosterHost named(const std::string& name) { return {.name = name}; }

// Every owner that is asked to does so.
void settle(Roster& roster) {
  std::vector<std::size_t> all(kPartitions);
  for (std::size_t i = 0; i < kPartitions; ++i) all[i] = i;
  for (const RosterHost& host : std::vector(roster.hosts)) hand_over(roster, host.name, all, kLater);
}

Roster of(const std::vector<std::string>& names) {
  Roster roster;
  for (const std::string& name : names) {
    join(roster, named(name), kBefore);
    settle(roster);
  }
  return roster;
}

std::size_t moved(const Roster& before, const Roster& now) {
  std::size_t count = 0;
  for (std::size_t i = 0; i < kPartitions; ++i)
    count += before.partitions[i].owner != now.partitions[i].owner ? 1U : 0U;
  return count;
}

std::vector<std::size_t> shares(const Roster& roster) {
  std::vector<std::size_t> result;
  for (const RosterHost& host : roster.hosts) result.push_back(share_of(roster, host.name));
  return result;
}

TEST(Roster, the_first_host_owns_everything_at_once) {
  const Roster roster = of({"a"});
  EXPECT_EQ(share_of(roster, "a"), kPartitions);
  EXPECT_EQ(roster.token, kPartitions);
}

TEST(Roster, a_host_that_comes_gets_nothing_before_the_owner_gives_it) {
  Roster roster = of({"a"});
  join(roster, named("b"), kBefore);
  EXPECT_EQ(share_of(roster, "a"), kPartitions);
  EXPECT_EQ(share_of(roster, "b"), 0U);
  EXPECT_EQ(std::ranges::count(roster.partitions, "b", &Partition::next), 32);
}

TEST(Roster, only_what_is_idle_is_handed_over_and_gets_a_larger_token) {
  Roster roster = of({"a"});
  join(roster, named("b"), kBefore);
  const std::int64_t before = roster.token;
  const auto moves = std::ranges::find(roster.partitions, "b", &Partition::next) - roster.partitions.begin();
  const auto number = static_cast<std::size_t>(moves);
  hand_over(roster, "a", {number, 0}, kLater);
  EXPECT_EQ(share_of(roster, "b"), 1U);
  EXPECT_EQ(roster.partitions[number].token, before + 1);
  EXPECT_EQ(roster.partitions[number].left, kLater);
  hand_over(roster, "b", {number}, kLater);
  EXPECT_EQ(roster.partitions[number].owner, "b");
}

TEST(Roster, only_the_owner_of_a_partition_gets_a_new_token_for_it) {
  Roster roster = of({"a"});
  join(roster, named("b"), kBefore);
  const Roster before = roster;
  const auto promised = std::ranges::find(roster.partitions, "b", &Partition::next) - roster.partitions.begin();
  renew_token(roster, "b", 0);
  renew_token(roster, "a", static_cast<std::size_t>(promised));
  EXPECT_EQ(encode_text(roster), encode_text(before));
  const auto kept = std::ranges::find(roster.partitions, "", &Partition::next) - roster.partitions.begin();
  renew_token(roster, "a", static_cast<std::size_t>(kept));
  EXPECT_EQ(roster.partitions[static_cast<std::size_t>(kept)].token, before.token + 1);
  EXPECT_EQ(roster.partitions[static_cast<std::size_t>(kept)].owner, "a");
}

TEST(Roster, shares_are_equal_and_as_few_as_possible_move) {
  const Roster three = of({"a", "b", "c"});
  EXPECT_THAT(shares(three), testing::UnorderedElementsAre(22, 21, 21));
  Roster four = three;
  join(four, named("d"), kBefore);
  settle(four);
  EXPECT_THAT(shares(four), testing::Each(16U));
  EXPECT_EQ(moved(three, four), 16U);
  Roster again = four;
  leave(again, "d", kLater);
  settle(again);
  EXPECT_EQ(moved(four, again), 16U);
}

TEST(Roster, what_a_dead_host_owned_belongs_to_others_at_once_with_the_time_since_when_nobody_worked) {
  Roster roster = of({"a", "b"});
  const Roster before = roster;
  leave(roster, "a", kBefore);
  EXPECT_EQ(share_of(roster, "b"), kPartitions);
  for (std::size_t i = 0; i < kPartitions; ++i) {
    if (before.partitions[i].owner == "b") {
      EXPECT_EQ(roster.partitions[i].token, before.partitions[i].token);
    } else {
      EXPECT_GT(roster.partitions[i].token, before.token);
      EXPECT_EQ(roster.partitions[i].left, kBefore);
    }
  }
}

TEST(Roster, the_last_host_leaves_the_work_to_whoever_comes) {
  Roster roster = of({"a"});
  leave(roster, "a", kBefore);
  EXPECT_EQ(share_of(roster, ""), kPartitions);
  join(roster, named("b"), kLater);
  EXPECT_EQ(share_of(roster, "b"), kPartitions);
  EXPECT_EQ(roster.partitions[0].left, kBefore);
}

TEST(Roster, a_host_that_begins_again_keeps_its_partitions_under_new_tokens) {
  Roster roster = of({"a", "b"});
  const Roster before = roster;
  join(roster, named("a"), kLater);
  EXPECT_EQ(moved(before, roster), 0U);
  EXPECT_EQ(roster.hosts.size(), 2U);
  for (std::size_t i = 0; i < kPartitions; ++i) {
    const bool renewed = roster.partitions[i].token > before.token;
    EXPECT_EQ(renewed, roster.partitions[i].owner == "a");
  }
}

TEST(Roster, a_draining_host_gives_everything_away_and_is_given_nothing) {
  Roster roster = of({"a", "b", "c"});
  set_draining(roster, "b", true);
  settle(roster);
  EXPECT_THAT(shares(roster), testing::ElementsAre(32, 0, 32));
  leave(roster, "c", kLater);
  EXPECT_THAT(shares(roster), testing::ElementsAre(64, 0));
  set_draining(roster, "b", false);
  settle(roster);
  EXPECT_THAT(shares(roster), testing::ElementsAre(32, 32));
}

TEST(Roster, when_all_are_draining_everything_stays_where_it_is) {
  Roster roster = of({"a", "b"});
  const Roster before = roster;
  set_draining(roster, "a", true);
  set_draining(roster, "b", true);
  settle(roster);
  EXPECT_EQ(moved(before, roster), 0U);
  EXPECT_EQ(share_of(roster, ""), 0U);
}

TEST(Roster, what_nobody_owns_goes_to_draining_hosts_when_there_are_no_others) {
  Roster roster = of({"a", "b", "c"});
  set_draining(roster, "a", true);
  set_draining(roster, "b", true);
  settle(roster);
  EXPECT_THAT(shares(roster), testing::ElementsAre(0, 0, 64));
  lose(roster, "c", kLater);
  EXPECT_THAT(shares(roster), testing::ElementsAre(32, 32));
  join(roster, named("c"), kLater);
  settle(roster);
  EXPECT_THAT(shares(roster), testing::ElementsAre(0, 0, 64));
}

TEST(Roster, a_drain_ends_when_the_host_leaves_and_not_when_it_is_lost) {
  Roster roster = of({"a", "b"});
  set_draining(roster, "b", true);
  join(roster, named("b"), kLater);
  EXPECT_TRUE(host_in(roster, "b")->draining) << "it has begun again";
  lose(roster, "b", kLater);
  join(roster, named("b"), kLater);
  EXPECT_TRUE(host_in(roster, "b")->draining);
  EXPECT_THAT(roster.drained, testing::IsEmpty());
  set_draining(roster, "b", false);
  join(roster, {.name = "b", .draining = true}, kLater);
  EXPECT_FALSE(host_in(roster, "b")->draining) << "somebody else has undone it";
  set_draining(roster, "b", true);
  leave(roster, "b", kLater);
  join(roster, named("b"), kLater);
  EXPECT_FALSE(host_in(roster, "b")->draining);
  Roster fresh;
  join(fresh, {.name = "b", .draining = true}, kLater);
  EXPECT_TRUE(host_in(fresh, "b")->draining) << "the roster knows nothing of it";
}

TEST(Roster, the_drain_of_a_lost_host_can_be_undone) {
  Roster roster = of({"a", "b"});
  set_draining(roster, "b", true);
  lose(roster, "b", kLater);
  set_draining(roster, "b", false);
  EXPECT_THAT(roster.drained, testing::IsEmpty());
  join(roster, named("b"), kLater);
  EXPECT_FALSE(host_in(roster, "b")->draining);
}

TEST(Roster, of_many_hosts_that_were_lost_while_draining_the_longest_lost_are_forgotten) {
  Roster roster = of({"a"});
  for (std::size_t i = 0; i <= kMostDrained; ++i) {
    const std::string name = "b-" + std::to_string(i);
    join(roster, {.name = name, .draining = true}, kLater);
    lose(roster, name, kLater);
  }
  EXPECT_THAT(roster.drained, testing::SizeIs(kMostDrained));
  EXPECT_EQ(roster.drained.front(), "b-1");
  EXPECT_EQ(roster.drained.back(), "b-64");
}

TEST(Roster, hosts_watch_each_other_in_a_ring) {
  const Roster roster = of({"c", "a", "b"});
  EXPECT_EQ(after(roster, "a"), "b");
  EXPECT_EQ(after(roster, "b"), "c");
  EXPECT_EQ(after(roster, "c"), "a");
  EXPECT_EQ(after(of({"a"}), "a"), "");
}

TEST(Roster, whatever_happens_each_partition_has_one_owner_of_the_roster_and_tokens_only_grow) {
  base::SeededRandom random(7);
  const std::vector<std::string> names{"a", "b", "c", "d", "e"};
  Roster roster;
  for (int step = 0; step < 2'000; ++step) {
    const Roster before = roster;
    const std::string& name = names[random.below(names.size())];
    switch (random.below(5)) {
      case 0:
        join(roster, named(name), kBefore);
        break;
      case 1:
        leave(roster, name, kLater);
        break;
      case 2:
        lose(roster, name, kLater);
        break;
      case 3:
        set_draining(roster, name, random.below(2) == 0);
        break;
      default:
        settle(roster);
    }
    std::set<std::int64_t> tokens;
    for (std::size_t i = 0; i < kPartitions; ++i) {
      const Partition& partition = roster.partitions[i];
      EXPECT_TRUE(partition.owner.empty() ? roster.hosts.empty() : host_in(roster, partition.owner) != nullptr) << step;
      EXPECT_TRUE(partition.next.empty() || host_in(roster, partition.next) != nullptr) << step;
      EXPECT_GE(partition.token, before.partitions[i].token) << step;
      if (!partition.owner.empty() && partition.owner != before.partitions[i].owner) {
        EXPECT_GT(partition.token, before.token) << step;
      }
      if (partition.token != 0) {
        EXPECT_TRUE(tokens.insert(partition.token).second) << step;
      }
    }
  }
}

TEST(Partitions, applications_spread_evenly) {
  std::vector<int> counts(kPartitions);
  for (int i = 0; i < 64'000; ++i) ++counts[partition_of("acme", "app-" + std::to_string(i))];
  EXPECT_GT(*std::ranges::min_element(counts), 850);
  EXPECT_LT(*std::ranges::max_element(counts), 1'150);
}

TEST(Partitions, the_place_of_an_application_never_changes) {
  EXPECT_EQ(partition_of("acme", "shop"), partition_of("acme", "shop"));
  EXPECT_NE(partition_of("acme", "shop"), partition_of("acmes", "hop"));
  EXPECT_EQ(partition_of("default", "demo"), 4U);
}

}  // namespace
}  // namespace slipway::rollout
