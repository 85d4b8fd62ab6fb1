#include "host/services/grants.hpp"

#include <gtest/gtest.h>

namespace slipway::services {
namespace {

TEST(GrantsTest, a_name_is_covered_by_itself_and_by_patterns) {
  EXPECT_TRUE(covers({{"10.0.0.1"}}, "10.0.0.1"));
  EXPECT_TRUE(covers({{"x", "*.example.org"}}, "api.example.org"));
  EXPECT_TRUE(covers({{"*"}}, "anything"));
  EXPECT_TRUE(covers({{"a*b*c"}}, "a--b-b--c"));
  EXPECT_FALSE(covers({{"*.example.org"}}, "example.org.evil"));
  EXPECT_FALSE(covers({{"*.example.org"}}, "example.org"));
  EXPECT_FALSE(covers({{"a*b*c"}}, "a--c--b"));
  EXPECT_FALSE(covers({}, "anything"));
}

TEST(GrantsTest, a_refusal_names_the_instance_the_permission_and_the_way_out) {
  Requester requester;
  requester.instance = "hook";
  EXPECT_EQ(check_grant(requester, requester.permissions.network, "network", "10.0.0.1"),
            Status(Code::permission_denied,
                   "instance \"hook\" is not allowed network \"10.0.0.1\"; allow it under permissions.network in its "
                   "plugin.json and in the profile"));
}

}  // namespace
}  // namespace slipway::services
