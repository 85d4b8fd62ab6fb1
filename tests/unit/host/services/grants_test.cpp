#include "host/services/grants.hpp"

#include <gtest/gtest.h>

namespace slipway::services {
namespace {

TEST(GrantsTest, a_refusal_names_the_instance_the_permission_and_the_way_out) {
  Requester requester;
  requester.instance = "hook";
  EXPECT_EQ(check_grant(requester, requester.permissions.network, "network", "10.0.0.1"),
            Status(Code::permission_denied,
                   "instance \"hook\" is not allowed network \"10.0.0.1\"; allow it under permissions.network in its "
                   "plugin.json and in the profile"));
}

TEST(GrantsTest, a_refusal_is_told_and_a_grant_is_not) {
  Requester requester;
  std::vector<std::string> denied;
  requester.on_denied = [&](std::string_view permission) { denied.emplace_back(permission); };
  requester.permissions.network = {{"10.0.0.1"}};
  EXPECT_TRUE(check_grant(requester, requester.permissions.network, "network", "10.0.0.1").ok());
  EXPECT_FALSE(check_grant(requester, requester.permissions.secrets, "secrets", "password").ok());
  EXPECT_EQ(denied, std::vector<std::string>{"secrets"});
}

}  // namespace
}  // namespace slipway::services
