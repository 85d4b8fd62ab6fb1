// Repetition, and who may order: the newest lease, the newest decision.
#include "tests/contract/provider/provider_contract.hpp"

namespace slipway::test {
namespace {

using testing::IsEmpty;
using testing::Not;

TEST_P(ProviderContract, the_same_order_again_changes_nothing_and_starts_nothing_twice) {
  const auto wanted = shop(1, {stable(place_->good("1.0"), 2)});
  const auto before = converge(wanted);
  for (int i = 0; i < 3; ++i) EXPECT_EQ(apply(wanted), Status());
  const auto after = converge(wanted);
  EXPECT_EQ(group_of(after, "1.0").addresses, group_of(before, "1.0").addresses);
  EXPECT_EQ(group_of(after, "1.0").ready_since, group_of(before, "1.0").ready_since);
  EXPECT_EQ(place_->started(), 2);
}

TEST_P(ProviderContract, an_order_that_comes_again_before_it_has_come_true_is_no_second_one) {
  const auto wanted = shop(1, {stable(place_->good("1.0"), 2)});
  for (int i = 0; i < 5; ++i) EXPECT_EQ(apply(wanted), Status());
  converge(wanted);
  EXPECT_EQ(place_->started(), 2);
}

TEST_P(ProviderContract, a_newer_lease_repeats_the_order_and_from_then_on_the_older_one_is_refused) {
  auto wanted = shop(3, {stable(place_->good("1.0"), 1)});
  converge(wanted);
  auto successor = wanted;
  successor.token = 5;
  EXPECT_EQ(apply(successor), Status());
  wanted.generation = 9;
  wanted.groups[0].replicas = 3;
  const Status refused = apply(wanted);
  EXPECT_EQ(refused.code, Code::aborted);
  EXPECT_THAT(refused.message, testing::AllOf(testing::HasSubstr("1"), testing::HasSubstr("5")));
  const auto seen = converge(successor);
  EXPECT_EQ(group_of(seen, "1.0").replicas, 1);
  EXPECT_EQ(place_->started(), 1);
}

TEST_P(ProviderContract, an_older_decision_of_the_same_lease_is_refused_and_changes_nothing) {
  auto wanted = shop(7, {stable(place_->good("1.0"), 1)});
  converge(wanted);
  wanted.generation = 6;
  wanted.groups[0].replicas = 2;
  EXPECT_EQ(apply(wanted).code, Code::aborted);
  EXPECT_EQ(observe()->generation, 7);
  EXPECT_EQ(group_of(*observe(), "1.0").replicas, 1);
}

TEST_P(ProviderContract, a_newer_lease_may_order_under_a_smaller_number) {
  auto wanted = shop(7, {stable(place_->good("1.0"), 1)});
  converge(wanted);
  wanted.token = 2;
  wanted.generation = 6;
  wanted.groups[0].replicas = 2;
  EXPECT_EQ(group_of(converge(wanted), "1.0").ready, 2);
}

TEST_P(ProviderContract, a_restart_finds_everything_again_restarts_nothing_and_remembers_the_lease) {
  auto wanted = shop(4, {stable(place_->good("1.0"), 2)});
  wanted.token = 6;
  const auto before = converge(wanted);
  restart();
  const auto after = until([](const auto& seen) { return seen.converged; });
  EXPECT_EQ(after.generation, 4);
  EXPECT_EQ(group_of(after, "1.0").addresses, group_of(before, "1.0").addresses);
  EXPECT_EQ(group_of(after, "1.0").ready_since, group_of(before, "1.0").ready_since);
  EXPECT_EQ(place_->started(), 2);
  wanted.token = 5;
  wanted.generation = 5;
  EXPECT_EQ(apply(wanted).code, Code::aborted);
}

TEST_P(ProviderContract, what_was_removed_before_its_first_order_came_is_made_by_no_older_one) {
  EXPECT_EQ(remove({"acme", "shop", 5}), Status());
  auto late = shop(4, {stable(place_->good("1.0"), 1)});
  late.token = 4;
  EXPECT_EQ(apply(late).code, Code::aborted);
  EXPECT_EQ(place_->started(), 0);
  late.token = 6;
  EXPECT_EQ(group_of(converge(late), "1.0").ready, 1);
}

TEST_P(ProviderContract, each_change_is_announced_with_its_tenant_and_application) {
  converge(shop(1, {stable(place_->good("1.0"), 1)}));
  ASSERT_THAT(announced(), Not(IsEmpty()));
  for (const Json& change : announced()) EXPECT_EQ(change, (Json{{"tenant", "acme"}, {"application", "shop"}}));
  const auto before = announced().size();
  place_->kill_one("1.0");
  EXPECT_TRUE(await([&] { return announced().size() > before; }));
}

TEST_P(ProviderContract, observe_tells_of_a_replica_that_died_and_of_its_successor) {
  converge(shop(1, {stable(place_->good("1.0"), 2)}));
  place_->kill_one("1.0");
  const auto seen = until([](const auto& o) { return group_of(o, "1.0").restarts == 1 && o.converged; });
  EXPECT_EQ(group_of(seen, "1.0").ready, 2);
  EXPECT_EQ(group_of(seen, "1.0").addresses.size(), 2U);
  EXPECT_EQ(place_->started(), 3);
  EXPECT_EQ(place_->alive(), 2);
}

}  // namespace
}  // namespace slipway::test
