// Which application a host name leads to.
#include <gmock/gmock.h>

#include "tests/simulation/world.hpp"

namespace slipway::sim {
namespace {

class Claims : public testing::Test {
 protected:
  Claims() { world.start(); }
  Status put(const std::string& name, std::vector<std::string> hosts, const std::string& tenant = "acme") {
    rollout::ApplicationSpec spec = world.shop();
    spec.name = name;
    spec.hosts = std::move(hosts);
    const rollout::Actor actor{.tenant = tenant, .subject = "ann", .trace = ""};
    return world.ask(world.engine().put_application(actor, spec, {}, rollout::Mode::commit)).status();
  }
  World world;
};

TEST_F(Claims, AHostThatLeadsToAnotherApplicationIsRefusedByName) {
  ASSERT_TRUE(put("shop", {"shop.example.com", "www.example.com"}).ok());
  const Status taken = put("aaa", {"aaa.example.com", "www.example.com"});
  EXPECT_EQ(to_string(taken),
            "ALREADY_EXISTS: host \"www.example.com\" leads to application \"shop\"; name other hosts in /hosts, or "
            "take it from there first");
  EXPECT_EQ(world.application("aaa").status().code, Code::not_found);
  EXPECT_TRUE(put("aaa", {"aaa.example.com"}).ok());
}

TEST_F(Claims, AnApplicationWithoutHostsHasItsNameAlsoAmongTenants) {
  ASSERT_TRUE(put("shop", {}).ok());
  EXPECT_EQ(put("other", {"shop"}).code, Code::already_exists);
  const Status taken = put("shop", {}, "globex");
  EXPECT_EQ(taken.message.substr(0, 57), "host \"shop\" leads to an application of another tenant; na");
  EXPECT_TRUE(put("shop", {"shop.globex.example"}, "globex").ok());
}

TEST_F(Claims, AHostThatWasGivenUpIsFree) {
  ASSERT_TRUE(put("shop", {"a.example", "b.example"}).ok());
  ASSERT_TRUE(put("shop", {"b.example", "c.example"}).ok());
  EXPECT_EQ(put("other", {"c.example"}).code, Code::already_exists);
  EXPECT_TRUE(put("other", {"a.example"}).ok());
  ASSERT_TRUE(world.ask(world.engine().delete_application(world.somebody, "shop", {}, rollout::Mode::commit)).ok());
  EXPECT_TRUE(put("third", {"b.example", "c.example"}).ok());
}

TEST_F(Claims, OfTwoAtOnceOneGetsTheHost) {
  std::vector<std::shared_ptr<std::optional<Result<Control::PutApplication>>>> answers;
  for (const char* name : {"one", "two"}) {
    rollout::ApplicationSpec spec = world.shop();
    spec.name = name;
    spec.hosts = {"both.example"};
    answers.push_back(std::make_shared<std::optional<Result<Control::PutApplication>>>());
    world.begin(world.engine().put_application(world.somebody, spec, {}, rollout::Mode::commit), answers.back());
  }
  ASSERT_TRUE(world.until([&] { return answers[0]->has_value() && answers[1]->has_value(); }));
  const std::vector<bool> took{(*answers[0])->ok(), (*answers[1])->ok()};
  EXPECT_EQ(std::count(took.begin(), took.end(), true), 1);
  EXPECT_EQ((*answers[took[0] ? 1 : 0])->status().code, Code::already_exists);
}

TEST_F(Claims, WhatTheProviderCantRunIsRefusedAtOnce) {
  world.provider.cant_run = "host \"a:1\" is no host name";
  rollout::ApplicationSpec spec = world.shop();
  const Status refused = world.make_application(spec);
  EXPECT_EQ(refused.code, Code::invalid_argument);
  ASSERT_EQ(refused.problems.size(), 1U);
  EXPECT_EQ(refused.problems[0].message, "host \"a:1\" is no host name");
  EXPECT_EQ(world.application("shop").status().code, Code::not_found);
}

}  // namespace
}  // namespace slipway::sim
