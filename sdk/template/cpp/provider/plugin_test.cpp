#include <gtest/gtest.h>

#include <slipway/interfaces/provider.hpp>
#include <slipway/testing/fake_host.hpp>
#include <slipway/testing/library.hpp>

namespace {

using namespace slipway;

provider::Desired order(std::int64_t token, std::int64_t generation, std::int32_t replicas = 2) {
  provider::DesiredGroup group;
  group.role = "stable";
  group.release.version = "1.2";
  group.release.command = {"/bin/shop"};
  group.replicas = replicas;
  group.weight = kAllTraffic;
  provider::Desired desired;
  desired.tenant = "acme";
  desired.application = "shop";
  desired.token = token;
  desired.generation = generation;
  desired.groups = {group};
  return desired;
}

class Provider : public testing::Test {
 protected:
  void SetUp() override { ASSERT_TRUE(host_.run({{"most_replicas", 4}}).ok()); }

  Status apply(const provider::Desired& desired) {
    return host_.call<provider::Interface, provider::Apply>(desired).status();
  }
  Result<provider::Observation> observe() {
    return host_.call<provider::Interface, provider::Observe>({"acme", "shop"});
  }

  test::Library library_{PLUGIN_LIBRARY};
  test::FakeHost host_{library_.table()};
};

TEST_F(Provider, knows_nothing_of_an_application_that_was_never_ordered) {
  EXPECT_EQ(observe().status().code, Code::not_found);
}

TEST_F(Provider, makes_true_what_was_ordered_and_announces_it) {
  ASSERT_EQ(apply(order(1, 1)), Status());
  const auto seen = observe();
  ASSERT_TRUE(seen.ok()) << to_string(seen.status());
  EXPECT_TRUE(seen->converged);
  EXPECT_EQ(seen->groups.at(0).ready, 2);
  EXPECT_EQ(seen->groups.at(0).weight, kAllTraffic);
  EXPECT_EQ(host_.events().at(0)["type"], provider::kChanged);
}

TEST_F(Provider, takes_an_order_twice) {
  ASSERT_EQ(apply(order(1, 1)), Status());
  EXPECT_EQ(apply(order(1, 1)), Status());
}

TEST_F(Provider, refuses_orders_that_are_older_by_token_or_generation) {
  ASSERT_EQ(apply(order(2, 5)), Status());
  EXPECT_EQ(apply(order(1, 9)).code, Code::aborted);
  EXPECT_EQ(apply(order(2, 4)).code, Code::aborted);
}

TEST_F(Provider, forgets_all_but_the_token_of_what_is_removed) {
  ASSERT_EQ(apply(order(3, 1)), Status());
  ASSERT_TRUE((host_.call<provider::Interface, provider::Remove>({"acme", "shop", 3}).ok()));
  EXPECT_EQ(observe().status().code, Code::not_found);
  EXPECT_EQ(apply(order(2, 2)).code, Code::aborted);
}

TEST_F(Provider, names_what_it_can_not_run) {
  const auto reply = host_.call<provider::Interface, provider::Validate>(order(1, 1, 5));
  ASSERT_TRUE(reply.ok());
  ASSERT_EQ(reply->problems.size(), 1U);
  EXPECT_EQ(reply->problems[0], "5 replicas are more than the 4 of most_replicas");
}

}  // namespace
