#include "host/lifecycle/plan.hpp"

#include <gmock/gmock.h>

#include "tests/support/plugin_package.hpp"
#include "tests/support/temporary_directory.hpp"

namespace slipway::lifecycle {
namespace {

using ::testing::ElementsAre;

class Plans : public ::testing::Test {
 protected:
  Plans() {
    profile_.profile.name = "dev";
    add("sqlite", "storage-sqlite", {"storage"});
  }
  // An installed plugin and an instance of it.
  void add(const std::string& name, const std::string& plugin, const std::vector<std::string>& bindings,
           Json more = Json::object()) {
    root_.install({.id = plugin, .more = std::move(more)});
    profile_.plugins[name].plugin = plugin;
    for (const std::string& binding : bindings) profile_.bindings[binding] = {name};
  }
  Result<Plan> plan() const { return make_plan(profile_, loader::Catalog::scan({root_.path()})); }
  std::vector<std::string> order() const {
    const auto made = plan();
    if (!made.ok()) return {to_string(made.status())};
    std::vector<std::string> names;
    for (const auto& one : made->instances) names.push_back(one.name);
    return names;
  }

  test::TemporaryDirectory directory_;
  test::PluginRoot root_{directory_.path() / "root"};
  manifest::Profile profile_;
};

TEST_F(Plans, AnInstanceKnowsItsPackageItsConfigurationAndItsBindings) {
  add("canary", "strategy-canary", {"strategies.canary", "strategies.default"}, {{"config", {{"type", "object"}}}});
  profile_.plugins["canary"].config = {{"steps", 3}};
  const auto made = plan();
  ASSERT_TRUE(made.ok()) << to_string(made.status());
  EXPECT_EQ(made->profile, "dev");
  const PlannedInstance& canary = made->instances.at(1);
  EXPECT_EQ(canary.package.manifest.id, "strategy-canary");
  EXPECT_EQ(canary.config, Json({{"steps", 3}}));
  EXPECT_THAT(canary.bindings, ElementsAre("strategies.canary", "strategies.default"));
}

TEST_F(Plans, StorageStartsFirst) {
  add("a-gate", "gate-a", {"gates.a"});
  EXPECT_THAT(order(), ElementsAre("sqlite", "a-gate"));
}

TEST_F(Plans, ADisabledInstanceTakesNoPart) {
  add("a-gate", "gate-a", {});
  profile_.plugins["a-gate"].enabled = false;
  EXPECT_THAT(order(), ElementsAre("sqlite"));
}

TEST_F(Plans, WhoeverCallsABindingOrResolvesSecretsStartsAfterThem) {
  add("alpha", "provider-alpha", {"provider"},
      {{"permissions", {{"secrets", {"*"}}, {"bindings", {"metrics.*", "gates.late"}}}}});
  add("env", "secrets-env", {"secrets.env"});
  add("late", "gate-late", {"gates.late"});
  add("probe", "metrics-probe", {"metrics.probe"});
  EXPECT_THAT(order(), ElementsAre("sqlite", "env", "late", "probe", "alpha"));
}

TEST_F(Plans, InForceIsWhatProfileAndPluginBothSay) {
  add("alpha", "gate-alpha", {"gates.alpha"},
      {{"permissions", {{"network", {"*.example.org"}}, {"files", {"/run/"}}, {"bindings", {"gates.late"}}}}});
  add("late", "gate-late", {"gates.late"});
  EXPECT_THAT(plan()->instances.at(2).permissions.network.allowed, ElementsAre("*.example.org")) << "it is silent";
  manifest::Permissions said;
  said.network = {{"*"}};
  said.secrets = {{"*"}};
  said.files = {{"/run/haproxy/admin.sock"}};
  profile_.plugins["alpha"].permissions = said;
  const auto made = plan();
  ASSERT_TRUE(made.ok()) << to_string(made.status());
  const PlannedInstance& alpha = made->instances.at(1);
  ASSERT_EQ(alpha.name, "alpha");
  manifest::Permissions in_force;
  in_force.network = {{"*.example.org"}};
  EXPECT_EQ(manifest::document_of(alpha.permissions), manifest::document_of(in_force));
  EXPECT_THAT(alpha.needs, ::testing::IsEmpty());
}

TEST_F(Plans, ThePermissionToCallEverythingIsNoNeed) {
  add("alpha", "provider-alpha", {"provider"}, {{"permissions", {{"bindings", {"*"}}}}});
  add("beta", "gate-beta", {"gates.beta"}, {{"permissions", {{"bindings", {"*"}}}}});
  EXPECT_THAT(order(), ElementsAre("sqlite", "alpha", "beta"));
}

TEST_F(Plans, WhoeverRequiresAPluginStartsAfterItsInstances) {
  add("alpha", "provider-alpha", {"provider"}, {{"requires", {{"metrics-probe", "^1"}}}});
  add("probe", "metrics-probe", {"metrics.probe"});
  EXPECT_THAT(order(), ElementsAre("sqlite", "probe", "alpha"));
}

TEST_F(Plans, ACircleIsRefusedByTheNamesInIt) {
  add("alpha", "gate-alpha", {"gates.alpha"}, {{"permissions", {{"bindings", {"gates.beta"}}}}});
  add("beta", "gate-beta", {"gates.beta"}, {{"permissions", {{"bindings", {"gates.alpha"}}}}});
  EXPECT_EQ(
      to_string(plan().status()),
      "FAILED_PRECONDITION: profile \"dev\" cannot run on this host; /plugins: instances need one another in a circle: "
      "\"alpha\" needs \"beta\", \"beta\" needs \"alpha\"; take one of these bindings out of the permissions");
}

TEST_F(Plans, EveryFaultIsToldAtOnce) {
  add("local", "provider-local", {"provider"},
      {{"config", {{"type", "object"}, {"properties", {{"replicas", {{"type", "integer"}, {"minimum", 1}}}}}}}});
  profile_.plugins["local"].config = {{"replicas", 0}};
  profile_.plugins["canary"].plugin = "strategy-canary";
  profile_.plugins["sqlite"].version = *base::parse_range("^2.0");
  const Problems problems = plan().status().problems;
  ASSERT_EQ(problems.size(), 3U);
  EXPECT_EQ(problems[0].path, "/plugins/canary");
  EXPECT_EQ(problems[1].path, "/plugins/local/config/replicas");
  EXPECT_EQ(problems[2].path, "/plugins/sqlite");
  EXPECT_EQ(problems[2].message,
            "profile \"dev\": instance \"sqlite\" wants storage-sqlite ^2.0, but only 1.0.0 is installed in " +
                root_.path().string() + "; install 2.x or relax the range");
}

}  // namespace
}  // namespace slipway::lifecycle
