#include "host/manifest/permissions.hpp"

#include <gtest/gtest.h>

namespace slipway::manifest {
namespace {

TEST(Permissions, ANameIsCoveredByItselfAndByPatterns) {
  EXPECT_TRUE(covers({{"10.0.0.1"}}, "10.0.0.1"));
  EXPECT_TRUE(covers({{"x", "*.example.org"}}, "api.example.org"));
  EXPECT_TRUE(covers({{"*"}}, "anything"));
  EXPECT_TRUE(covers({{"a*b*c"}}, "a--b-b--c"));
  EXPECT_FALSE(covers({{"*.example.org"}}, "example.org.evil"));
  EXPECT_FALSE(covers({{"*.example.org"}}, "example.org"));
  EXPECT_FALSE(covers({{"a*b*c"}}, "a--c--b"));
  EXPECT_FALSE(covers({}, "anything"));
}

TEST(Permissions, APatternIsCoveredByOneThatStandsForMore) {
  EXPECT_TRUE(covers({{"*.example.org"}}, "*.eu.example.org"));
  EXPECT_FALSE(covers({{"*.eu.example.org"}}, "*.example.org"));
  EXPECT_FALSE(covers({{"api.example.org"}}, "*"));
}

TEST(Permissions, ADocumentOfPermissionsIsReadStrictly) {
  const auto some = permissions_of(Json{{"network", true}, {"secrets", {"db/*"}}});
  ASSERT_TRUE(some.ok());
  EXPECT_EQ(some->network.allowed, std::vector<std::string>{"*"});
  EXPECT_EQ(some->secrets.allowed, std::vector<std::string>{"db/*"});
  const Problems problems = permissions_of(Json{{"netwrk", true}, {"files", 1}}).status().problems;
  ASSERT_EQ(problems.size(), 2U);
  EXPECT_EQ(problems[1].path, "/netwrk");
  EXPECT_EQ(problems[1].message,
            "is no permission; want one of network, secrets, store, processes, files, bindings, events");
}

TEST(Permissions, WhatIsGrantedIsNotMissing) {
  Permissions wanted;
  wanted.network = {{"10.0.0.1"}};
  wanted.files = {{"/etc/x"}};
  Permissions granted;
  granted.network = {{"*"}};
  granted.files = {{"/etc/y", "/etc/x"}};
  EXPECT_EQ(missing(wanted, granted), "");
  EXPECT_EQ(missing({}, {}), "");
}

TEST(Permissions, WhatIsMissingIsNamed) {
  Permissions wanted;
  wanted.network = {{"10.0.0.1", "*"}};
  wanted.processes = {{"haproxy"}};
  Permissions granted;
  granted.network = {{"10.0.0.2"}};
  EXPECT_EQ(missing(wanted, granted), "network (10.0.0.1, *), processes (haproxy)");
}

TEST(Permissions, WhatIsGainedAndLostIsWhatTheOtherDoesNotCover) {
  Permissions wide;
  wide.network = {{"*.example.org", "10.0.0.1"}};
  wide.store = {{"mine/"}};
  Permissions narrow;
  narrow.network = {{"a.example.org"}};
  narrow.store = {{"mine/a/"}};
  EXPECT_EQ(beyond(narrow, wide), std::vector<std::string>{});
  EXPECT_EQ(beyond(wide, narrow),
            (std::vector<std::string>{"network *.example.org", "network 10.0.0.1", "store mine/"}));
}

}  // namespace
}  // namespace slipway::manifest
