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

TEST(Permissions, APathStandsForItselfAloneHoweverItIsSpelled) {
  const auto files = [](std::vector<std::string> names) {
    Permissions permissions;
    permissions.files.allowed = std::move(names);
    return permissions;
  };
  EXPECT_EQ(missing(files({"/run", "/run/", "/srv/../run/.", "/"}), files({"/run//", "/"})), "");
  EXPECT_EQ(missing(files({"/run", "/"}), files({"*"})), "");
  EXPECT_EQ(missing(files({"/run/haproxy/admin.sock", "/runs", "/run/../etc", "*"}), files({"/run/"})),
            "files (/run/haproxy/admin.sock, /runs, /run/../etc, *)");
  EXPECT_EQ(missing(files({"/run/a"}), files({"/run/*"})), "files (/run/a)") << "a path is no pattern";
  EXPECT_EQ(beyond(files({"/run/postgresql", "/run/postgresql/.s.PGSQL.5432"}), files({"/run/postgresql"})),
            std::vector<std::string>{"files /run/postgresql/.s.PGSQL.5432"});
}

TEST(Permissions, InForceIsWhatBothSay) {
  Permissions said;
  said.network = {{"*"}};
  said.secrets = {{"db/*", "mail"}};
  said.store = {{"mine/a/", "others/"}};
  said.files = {{"/run/", "/run/haproxy/admin.sock"}};
  said.events = {{"a*"}};
  Permissions asked;
  asked.network = {{"*.example.org", "10.0.0.1"}};
  asked.secrets = {{"*"}};
  asked.store = {{"mine/"}};
  asked.files = {{"/run", "/etc"}};
  asked.processes = {{"haproxy"}};
  asked.events = {{"*b"}};
  Permissions both;
  both.network = {{"*.example.org", "10.0.0.1"}};
  both.secrets = {{"db/*", "mail"}};
  both.store = {{"mine/a/"}};
  both.files = {{"/run/"}};
  EXPECT_EQ(document_of(in_both(said, asked)), document_of(both));
  EXPECT_EQ(in_both(asked, asked), asked);
  EXPECT_EQ(in_both(asked, {}), Permissions());
  EXPECT_EQ(missing(in_both(said, asked), asked), "");
  EXPECT_EQ(missing(in_both(said, asked), said), "");
}

}  // namespace
}  // namespace slipway::manifest
