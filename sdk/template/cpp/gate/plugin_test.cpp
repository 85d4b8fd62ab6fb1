#include <gtest/gtest.h>

#include <slipway/interfaces/gate.hpp>
#include <slipway/testing/fake_host.hpp>
#include <slipway/testing/library.hpp>

namespace {

using namespace slipway;
using strategy::GateState;

class Gate : public testing::Test {
 protected:
  gate::CheckReply check(const std::string& tenant, const Json& settings = nullptr) {
    gate::CheckRequest request;
    request.settings = settings;
    request.tenant = tenant;
    request.application = "shop";
    request.rollout = "ro-1";
    request.to_release = "1.2";
    return value_or_throw(host_.call<gate::Interface, gate::Check>(request));
  }

  test::Library library_{PLUGIN_LIBRARY};
  test::FakeHost host_{library_.table()};
};

TEST_F(Gate, is_open_for_a_tenant_that_nobody_holds) {
  ASSERT_TRUE(host_.run({{"held", {"globex"}}}).ok());
  EXPECT_EQ(check("acme").state, GateState::open);
}

TEST_F(Gate, holds_the_tenants_of_its_configuration_and_says_why) {
  ASSERT_TRUE(host_.run({{"held", {"acme"}}, {"reason", "inventory"}}).ok());
  const auto reply = check("acme");
  EXPECT_EQ(reply.state, GateState::pending);
  EXPECT_EQ(reply.reason, "inventory");
}

TEST_F(Gate, takes_the_rollouts_own_settings_over_its_configuration) {
  ASSERT_TRUE(host_.run({{"held", {"acme"}}}).ok());
  EXPECT_EQ(check("acme", {{"held", Json::array()}}).state, GateState::open);
}

TEST_F(Gate, refuses_a_configuration_with_an_unknown_field) {
  EXPECT_EQ(host_.create({{"hold", {"acme"}}}).code, Code::invalid_argument);
}

}  // namespace
