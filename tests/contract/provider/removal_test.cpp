// Applications that are not there, and how they go.
#include "tests/contract/provider/provider_contract.hpp"

namespace slipway::test {
namespace {

TEST_P(ProviderContract, an_application_that_was_never_applied_is_not_found_and_named) {
  const auto seen = observe({"acme", "ghost"});
  EXPECT_EQ(seen.status().code, Code::not_found);
  EXPECT_THAT(seen.status().message, testing::HasSubstr("ghost"));
}

TEST_P(ProviderContract, an_application_belongs_to_its_tenant) {
  converge(shop(1, {stable(place_->good("1.0"), 1)}));
  EXPECT_EQ(observe({"other", "shop"}).status().code, Code::not_found);
  EXPECT_EQ(remove({"other", "shop", 1}), Status());
  EXPECT_TRUE(observe()->converged);
  EXPECT_EQ(place_->alive(), 1);
}

TEST_P(ProviderContract, removal_takes_everything_away_and_may_be_repeated) {
  converge(shop(1, {stable(place_->good("1.0"), 2, 500'000), next(place_->good("1.1"), 1, 500'000)}));
  EXPECT_EQ(remove(), Status());
  EXPECT_EQ(remove(), Status());
  EXPECT_TRUE(gone());
  EXPECT_EQ(place_->alive(), 0);
  EXPECT_EQ(remove(), Status());
  EXPECT_EQ(remove({"acme", "ghost", 1}), Status());
}

TEST_P(ProviderContract, a_removal_goes_on_after_a_restart) {
  converge(shop(1, {stable(place_->good("1.0"), 2)}));
  EXPECT_EQ(remove(), Status());
  restart();
  EXPECT_TRUE(gone());
  EXPECT_EQ(place_->alive(), 0);
}

TEST_P(ProviderContract, an_application_that_never_got_ready_can_be_removed) {
  ASSERT_EQ(apply(shop(1, {stable(place_->never_ready("1.0"), 1)})), Status());
  until([](const auto& seen) { return group_of(seen, "1.0").running == 1; });
  EXPECT_EQ(remove(), Status());
  EXPECT_TRUE(gone());
  EXPECT_EQ(place_->alive(), 0);
}

TEST_P(ProviderContract, a_removed_application_still_refuses_the_lease_before_also_after_a_restart) {
  auto wanted = shop(8, {stable(place_->good("1.0"), 1)});
  wanted.token = 3;
  converge(wanted);
  EXPECT_EQ(remove({"acme", "shop", 2}).code, Code::aborted);
  EXPECT_TRUE(observe()->converged) << "a refused removal takes nothing away";
  ASSERT_EQ(remove({"acme", "shop", 4}), Status());
  ASSERT_TRUE(gone());
  wanted.generation = 9;
  EXPECT_EQ(apply(wanted).code, Code::aborted);
  restart();
  EXPECT_EQ(apply(wanted).code, Code::aborted);
  EXPECT_EQ(observe().status().code, Code::not_found) << "a refused order makes nothing";
  EXPECT_EQ(place_->started(), 1);
}

TEST_P(ProviderContract, a_removed_application_can_be_made_again_and_counts_its_orders_anew) {
  converge(shop(8, {stable(place_->good("1.0"), 1)}));
  ASSERT_EQ(remove(), Status());
  ASSERT_TRUE(gone());
  EXPECT_EQ(converge(shop(1, {stable(place_->good("2.0"), 1)})).generation, 1);
  EXPECT_EQ(place_->alive(), 1);
}

TEST_P(ProviderContract, an_application_that_is_ordered_again_while_it_goes_comes_back) {
  converge(shop(8, {stable(place_->good("1.0"), 1)}));
  ASSERT_EQ(remove(), Status());
  const auto seen = converge(shop(1, {stable(place_->good("2.0"), 1)}));
  EXPECT_EQ(group_of(seen, "2.0").weight, kAllTraffic);
  EXPECT_EQ(seen.groups.size(), 1U);
  EXPECT_EQ(place_->alive(), 1);
}

TEST_P(ProviderContract, applications_do_not_touch_each_other) {
  converge(shop(1, {stable(place_->good("1.0"), 1)}));
  auto blog = shop(1, {stable(place_->good("2.0"), 1)});
  blog.application = "blog";
  blog.hosts = {"blog.test"};
  converge(blog);
  ASSERT_EQ(remove({"acme", "blog", 1}), Status());
  ASSERT_TRUE(gone({"acme", "blog"}));
  EXPECT_TRUE(until([](const auto& seen) { return seen.converged; }).converged);
  EXPECT_EQ(place_->alive(), 1);
}

}  // namespace
}  // namespace slipway::test
