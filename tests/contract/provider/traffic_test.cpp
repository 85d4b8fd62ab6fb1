// Groups, replicas and weights: what is ordered comes true, and observe tells what is.
#include <set>

#include "tests/contract/provider/provider_contract.hpp"

namespace slipway::test {
namespace {

TEST_P(ProviderContract, what_is_ordered_comes_true_and_is_observed_as_it_is) {
  const auto seen = converge(shop(1, {stable(place_->good("1.0"), 2, 750'000), next(place_->good("1.1"), 1, 250'000)}));
  const auto old_group = group_of(seen, "1.0"), new_group = group_of(seen, "1.1");
  EXPECT_EQ(old_group.role, "stable");
  EXPECT_EQ(new_group.role, "next");
  EXPECT_EQ(old_group.weight, 750'000U);
  EXPECT_EQ(new_group.weight, 250'000U);
  EXPECT_EQ(old_group.replicas, 2);
  EXPECT_EQ(old_group.running, 2);
  EXPECT_EQ(old_group.ready, 2);
  EXPECT_EQ(old_group.ready_since.size(), 2U);
  EXPECT_EQ(std::set(old_group.addresses.begin(), old_group.addresses.end()).size(), 2U);
  EXPECT_EQ(new_group.ready, 1);
  EXPECT_EQ(old_group.problem + new_group.problem, "");
  EXPECT_EQ(seen.groups.size(), 2U);
  EXPECT_EQ(place_->alive(), 3);
}

TEST_P(ProviderContract, a_change_of_weights_alone_is_in_effect_when_apply_answers) {
  auto wanted = shop(1, {stable(place_->good("1.0"), 1), next(place_->good("1.1"), 1, 0)});
  converge(wanted);
  for (const std::uint32_t weight : {50'000U, 500'000U, kAllTraffic, 0U}) {
    ++wanted.generation;
    wanted.groups[0].weight = kAllTraffic - weight;
    wanted.groups[1].weight = weight;
    ASSERT_EQ(apply(wanted), Status());
    const auto seen = observe();
    EXPECT_EQ(group_of(*seen, "1.1").weight, weight);
    EXPECT_EQ(group_of(*seen, "1.0").weight, kAllTraffic - weight);
  }
  EXPECT_EQ(place_->started(), 2);
}

TEST_P(ProviderContract, a_group_gets_no_weight_before_it_has_a_ready_replica_and_nobody_loses_his_meanwhile) {
  converge(shop(1, {stable(place_->good("1.0"), 1)}));
  ASSERT_EQ(apply(shop(2, {stable(place_->good("1.0"), 1, 500'000), next(place_->never_ready("1.1"), 1, 500'000)})),
            Status());
  const auto seen =
      until([](const auto& o) { return group_of(o, "1.1").running == 1 && !group_of(o, "1.1").problem.empty(); });
  EXPECT_EQ(group_of(seen, "1.1").weight, 0U);
  EXPECT_EQ(group_of(seen, "1.1").ready, 0);
  EXPECT_EQ(group_of(seen, "1.0").weight, kAllTraffic);
  EXPECT_FALSE(seen.converged);
  EXPECT_EQ(seen.generation, 2) << "the order is known, though it has not come true";
}

TEST_P(ProviderContract, weights_add_up_at_every_moment_of_a_shift_to_a_group_that_is_still_coming_up) {
  converge(shop(1, {stable(place_->good("1.0"), 1)}));
  const auto wanted = shop(2, {stable(place_->good("1.0"), 1, 0), next(place_->good("1.1"), 2, kAllTraffic)});
  ASSERT_EQ(apply(wanted), Status());
  until([&](const auto& seen) {
    EXPECT_EQ(sum_of_weights(seen), kAllTraffic) << encode_text(seen);
    EXPECT_TRUE(group_of(seen, "1.1").weight == 0 || group_of(seen, "1.1").ready > 0) << encode_text(seen);
    return seen.converged || testing::Test::HasFailure();
  });
}

TEST_P(ProviderContract, a_group_may_change_its_role_and_nothing_is_restarted) {
  converge(shop(1, {stable(place_->good("1.0"), 1, 0), next(place_->good("1.1"), 2, kAllTraffic)}));
  const auto seen = converge(shop(2, {stable(place_->good("1.1"), 2)}));
  EXPECT_EQ(group_of(seen, "1.1").role, "stable");
  EXPECT_EQ(group_of(seen, "1.1").weight, kAllTraffic);
  EXPECT_EQ(place_->started(), 3);
}

TEST_P(ProviderContract, a_baseline_is_a_group_like_the_others_and_goes_with_the_promotion) {
  if (capabilities().max_groups < 3) return;
  auto wanted = shop(1, {stable(place_->good("1.0"), 2), next(place_->good("1.1"), 1, 0),
                         baseline(place_->good("1.0+baseline"), 1, 0)});
  converge(wanted);
  ++wanted.generation;
  wanted.groups[0].weight = 500'000;
  wanted.groups[1].weight = 300'000;
  wanted.groups[2].weight = 200'000;
  ASSERT_EQ(apply(wanted), Status());
  auto seen = *observe();
  EXPECT_EQ(group_of(seen, "1.0").weight, 500'000U);
  EXPECT_EQ(group_of(seen, "1.1").weight, 300'000U);
  EXPECT_EQ(group_of(seen, "1.0+baseline").weight, 200'000U);
  EXPECT_EQ(group_of(seen, "1.0+baseline").role, "baseline");
  EXPECT_EQ(place_->started(), 4);
  restart();
  seen = until([](const auto& o) { return o.converged; });
  EXPECT_EQ(group_of(seen, "1.0+baseline").weight, 200'000U);
  EXPECT_EQ(place_->started(), 4) << "all three were taken up";
  seen = converge(shop(3, {stable(place_->good("1.1"), 1)}));
  ASSERT_EQ(seen.groups.size(), 1U);
  EXPECT_EQ(seen.groups[0].release, "1.1");
  EXPECT_EQ(place_->alive(), 1);
}

TEST_P(ProviderContract, a_group_gets_no_weight_beside_a_baseline_that_has_no_ready_replica) {
  if (capabilities().max_groups < 3) return;
  auto wanted = shop(1, {stable(place_->good("1.0"), 1), next(place_->good("1.1"), 1, 0)});
  converge(wanted);
  wanted = shop(2, {stable(place_->good("1.0"), 1, 600'000), next(place_->good("1.1"), 1, 200'000),
                    baseline(place_->never_ready("1.0+baseline"), 1, 200'000)});
  ASSERT_EQ(apply(wanted), Status());
  const auto seen = until([](const auto& o) {
    return group_of(o, "1.0+baseline").running == 1 && !group_of(o, "1.0+baseline").problem.empty();
  });
  EXPECT_EQ(group_of(seen, "1.0+baseline").weight, 0U);
  EXPECT_EQ(group_of(seen, "1.0").weight + group_of(seen, "1.1").weight, kAllTraffic);
  EXPECT_FALSE(seen.converged);
}

TEST_P(ProviderContract, a_group_that_is_no_longer_named_is_stopped_and_forgotten) {
  converge(shop(1, {stable(place_->good("1.0"), 2, 500'000), next(place_->good("1.1"), 1, 500'000)}));
  const auto seen = converge(shop(2, {stable(place_->good("1.1"), 1)}));
  ASSERT_EQ(seen.groups.size(), 1U);
  EXPECT_EQ(seen.groups[0].release, "1.1");
  EXPECT_EQ(place_->alive(), 1);
}

TEST_P(ProviderContract, replicas_follow_their_number_up_and_down) {
  converge(shop(1, {stable(place_->good("1.0"), 1)}));
  EXPECT_EQ(group_of(converge(shop(2, {stable(place_->good("1.0"), 3)})), "1.0").ready, 3);
  EXPECT_EQ(group_of(converge(shop(3, {stable(place_->good("1.0"), 1)})), "1.0").running, 1);
  EXPECT_EQ(place_->started(), 3);
  EXPECT_EQ(place_->alive(), 1);
}

TEST_P(ProviderContract, weights_that_are_all_zero_serve_nothing_and_stop_nothing) {
  converge(shop(1, {stable(place_->good("1.0"), 1)}));
  const auto seen = converge(shop(2, {stable(place_->good("1.0"), 1, 0)}));
  EXPECT_EQ(sum_of_weights(seen), 0U);
  EXPECT_EQ(group_of(seen, "1.0").ready, 1);
  EXPECT_EQ(place_->started(), 1);
}

}  // namespace
}  // namespace slipway::test
