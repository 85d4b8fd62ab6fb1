#include "plugins/providers/local/pool/split.hpp"

#include <gmock/gmock.h>

#include <algorithm>
#include <random>

namespace slipway::local {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

constexpr std::int32_t kRoom = 1000;

provider::DesiredGroup group(const std::string& version, std::int32_t replicas) {
  provider::DesiredGroup made;
  made.release.version = version;
  made.replicas = replicas;
  return made;
}

std::vector<Machine> machines(const std::vector<std::string>& names, std::int32_t capacity = kRoom) {
  std::vector<Machine> made;
  for (const std::string& name : names) made.push_back({name, capacity});
  return made;
}

TEST(Split, spreads_a_new_group_evenly) {
  EXPECT_THAT(split({group("1.0", 4)}, machines({"a", "b"}), {}),
              ElementsAre(Share{"a", "1.0", 2}, Share{"b", "1.0", 2}));
  EXPECT_THAT(split({group("1.0", 5)}, machines({"a", "b", "c"}), {}),
              ElementsAre(Share{"a", "1.0", 2}, Share{"b", "1.0", 2}, Share{"c", "1.0", 1}));
}

TEST(Split, puts_a_canary_where_the_least_of_the_application_runs) {
  const Shares before{{"a", "1.0", 3}, {"b", "1.0", 2}};
  EXPECT_THAT(split({group("1.0", 5), group("1.1", 1)}, machines({"a", "b"}), before),
              ElementsAre(Share{"a", "1.0", 3}, Share{"b", "1.0", 2}, Share{"b", "1.1", 1}));
}

TEST(Split, gives_a_dead_machines_share_to_the_living_and_moves_nothing_else) {
  const Shares before{{"a", "1.0", 2}, {"b", "1.0", 2}, {"c", "1.0", 2}};
  EXPECT_THAT(split({group("1.0", 6)}, machines({"a", "c"}), before),
              ElementsAre(Share{"a", "1.0", 3}, Share{"c", "1.0", 3}));
}

TEST(Split, takes_no_running_replica_from_another_for_a_machine_that_comes) {
  const Shares before{{"a", "1.0", 4}};
  EXPECT_EQ(split({group("1.0", 4)}, machines({"a", "b"}), before), before);
  EXPECT_THAT(split({group("1.0", 6)}, machines({"a", "b"}), before),
              ElementsAre(Share{"a", "1.0", 4}, Share{"b", "1.0", 2}));
}

TEST(Split, takes_from_the_fullest_and_forgets_what_is_not_desired) {
  const Shares before{{"a", "0.9", 1}, {"a", "1.0", 3}, {"b", "1.0", 1}};
  EXPECT_THAT(split({group("1.0", 2)}, machines({"a", "b"}), before),
              ElementsAre(Share{"a", "1.0", 1}, Share{"b", "1.0", 1}));
}

TEST(Split, leaves_out_what_no_machine_has_room_for) {
  EXPECT_THAT(split({group("1.0", 5)}, machines({"a", "b"}, 2), {}),
              ElementsAre(Share{"a", "1.0", 2}, Share{"b", "1.0", 2}));
  EXPECT_THAT(split({group("1.0", 5)}, {}, {}), IsEmpty());
}

TEST(Split, makes_room_by_what_shrinks_for_what_grows) {
  const Shares before{{"a", "1.0", 2}};
  EXPECT_THAT(split({group("1.1", 1), group("1.0", 1)}, machines({"a"}, 2), before),
              ElementsAre(Share{"a", "1.0", 1}, Share{"a", "1.1", 1}));
}

// Over a long story of machines and rollouts: all of a group is placed, no more moves than must, and the same again
// changes nothing.
TEST(Split, keeps_what_it_promises_over_a_thousand_changes) {
  std::mt19937 random(7);
  const auto draw = [&](std::int32_t below) {
    return static_cast<std::int32_t>(random() % static_cast<unsigned>(below));
  };
  Shares shares;
  for (int i = 0; i < 1000; ++i) {
    std::vector<Machine> there;
    for (const char* name : {"a", "b", "c", "d", "e"}) {
      if (draw(4) != 0) there.push_back({name, kRoom});
    }
    if (there.empty()) continue;
    const std::vector<provider::DesiredGroup> groups{group("1." + std::to_string(i / 20), draw(12)),
                                                     group("1." + std::to_string(i / 20 + 1), draw(12))};
    const Shares next = split(groups, there, shares);
    for (const auto& wanted : groups) {
      const std::string& version = wanted.release.version;
      EXPECT_EQ(replicas_of(next, version), wanted.replicas);
      std::int32_t kept = 0, could = 0;
      for (const Machine& machine : there) {
        const std::int32_t before = share_of(shares, machine.name, version);
        kept += std::min(before, share_of(next, machine.name, version));
        could += before;
      }
      EXPECT_EQ(kept, std::min(could, wanted.replicas)) << "a replica was moved without need";
    }
    EXPECT_EQ(split(groups, there, next), next);
    shares = next;
  }
}

}  // namespace
}  // namespace slipway::local
