#include "host/lifecycle/lifecycle.hpp"

#include <gmock/gmock.h>

#include <algorithm>

#include "host/runtime/async_call.hpp"
#include "tests/support/plugin_package.hpp"
#include "tests/support/temporary_directory.hpp"
#include "tests/unit/host/lifecycle/awaiting.hpp"

namespace slipway::lifecycle {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

class SilentSink final : public runtime::HostSink {
 public:
  void log(std::uint32_t, std::string_view, std::string_view) override {}
  void metric(std::uint32_t, std::string_view, std::string_view, double) override {}
  void request(runtime::HostRequest, runtime::Answerer) override {}
};

class Lifecycles : public ::testing::Test {
 protected:
  Lifecycles() {
    profile_.profile.name = "dev";
    runtime_.start();
  }
  // An instance of a fixture, bound under gates.<name>.
  void add(const std::string& name, const std::string& fixture, const std::vector<std::string>& calls = {},
           Json more = Json::object()) {
    if (!calls.empty()) more["permissions"] = {{"bindings", calls}};
    root_.install({.fixture = fixture, .id = "gate-" + name, .more = std::move(more)});
    profile_.plugins[name].plugin = "gate-" + name;
    profile_.bindings["gates." + name] = {name};
  }
  // An instance of the plugin that is built with the SDK.
  void add_matching(const std::string& name) {
    std::filesystem::copy(SLIPWAY_FIXTURE_ROOT, root_.path(), std::filesystem::copy_options::recursive);
    profile_.plugins[name].plugin = "gate-matching";
    profile_.bindings["gates." + name] = {name};
  }
  Status start() {
    auto plan = make_plan(profile_, loader::Catalog::scan({root_.path()}));
    if (!plan.ok()) return plan.status();
    return await_on(runtime_, lifecycle_.start(std::move(*plan)));
  }
  Status stop() { return await_on(runtime_, lifecycle_.stop()); }
  // "instance state" of each, in order.
  std::vector<std::string> states() const {
    std::vector<std::string> words;
    for (const auto& one : lifecycle_.status()) words.push_back(one.instance + " " + std::string(to_name(one.state)));
    return words;
  }
  // The refusals of a start, as "path: message".
  static std::vector<std::string> told(const Status& status) {
    std::vector<std::string> words;
    for (const auto& problem : status.problems) words.push_back(problem.path + ": " + problem.message);
    return words;
  }
  std::string bound() const { return routes_.capture()->names(); }

  test::TemporaryDirectory directory_;
  test::PluginRoot root_{directory_.path() / "root"};
  manifest::Profile profile_;
  runtime::Runtime runtime_{{}};
  loader::TrustPluginRoots trust_;
  loader::Loader loader_{{.store = directory_.path() / "store"}, trust_};
  bridge::Routes routes_;
  std::vector<std::string> created_;
  Lifecycle lifecycle_{{.start = seconds(5),
                        .health = milliseconds(300),
                        .stop = {.drain = milliseconds(50), .cancel = milliseconds(50), .patience = seconds(5)}},
                       {runtime_, loader_,
                        [this](const PlannedInstance& one) {
                          created_.push_back(one.name);
                          return std::make_shared<SilentSink>();
                        },
                        routes_}};
};

TEST_F(Lifecycles, AProfileBecomesRunningInstancesBehindTheirBindings) {
  add("alpha", "sound");
  add_matching("beta");
  ASSERT_EQ(to_string(start()), "OK: ");
  EXPECT_THAT(states(), ElementsAre("alpha active", "beta active"));
  EXPECT_EQ(bound(), "gates.alpha, gates.beta");
  const auto instance = routes_.capture()->find("gates.alpha")->instance;
  const auto reply =
      await_on(runtime_, runtime::async_call(instance, {.interface_index = 0, .method = 0, .payload = "{}"}));
  EXPECT_EQ(reply.value(), R"({"state":"open","reason":"it is a fixture"})");
}

TEST_F(Lifecycles, StatusTellsWhatRunsAndWhereItCameFrom) {
  add("alpha", "sound", {}, {{"threading", "concurrent"}, {"permissions", {{"network", {"10.0.0.1"}}}}});
  ASSERT_TRUE(start().ok());
  const PluginStatus status = lifecycle_.status().at(0);
  EXPECT_EQ(status.id, "gate-alpha");
  EXPECT_EQ(status.version, "1.0.0");
  EXPECT_THAT(status.interfaces, ElementsAre("slipway.gate/1"));
  EXPECT_EQ(status.digest, base::sha256_hex_of_file(root_.path() / "gate-alpha/1.0.0/gate-alpha.so").value());
  EXPECT_EQ(status.path, (root_.path() / "gate-alpha/1.0.0").string());
  EXPECT_THAT(status.bindings, ElementsAre("gates.alpha"));
  EXPECT_EQ(status.threading, "concurrent");
  EXPECT_EQ(status.abi, "1.0 to 1.0");
  EXPECT_THAT(status.permissions.network.allowed, ElementsAre("10.0.0.1"));
}

TEST_F(Lifecycles, StoppingUnloadsEveryLibraryAndBindsNothing) {
  add("alpha", "sound");
  add_matching("beta");
  ASSERT_TRUE(start().ok());
  EXPECT_EQ(to_string(stop()), "OK: ");
  EXPECT_THAT(states(), ElementsAre("alpha unloaded", "beta unloaded"));
  EXPECT_EQ(bound(), "none");
  EXPECT_EQ(loader_.residents().unloaded(), 2U);
}

TEST_F(Lifecycles, InstancesAreMadeAfterThoseThatTheyNeed) {
  add("alpha", "sound", {"gates.gamma"});
  add("beta", "sound");
  add("gamma", "sound", {"gates.beta"});
  ASSERT_TRUE(start().ok());
  EXPECT_THAT(created_, ElementsAre("beta", "gamma", "alpha"));
}

TEST_F(Lifecycles, TwoInstancesOfOnePluginShareItsLibraryUntilTheLastOneGoes) {
  add("alpha", "sound");
  profile_.plugins["second"].plugin = "gate-alpha";
  ASSERT_TRUE(start().ok());
  EXPECT_EQ(to_string(stop()), "OK: ");
  // Stopped in reverse: the second one first, while the library still serves the first.
  EXPECT_THAT(states(), ElementsAre("alpha unloaded", "second retired"));
  EXPECT_EQ(loader_.residents().unloaded(), 1U);
}

TEST_F(Lifecycles, ALibraryThatStaysMakesItsGenerationParked) {
  add("alpha", "never_unloads");
  ASSERT_TRUE(start().ok());
  EXPECT_TRUE(stop().ok());
  EXPECT_THAT(states(), ElementsAre("alpha parked"));
  EXPECT_EQ(lifecycle_.status().at(0).reason, "its library could not be unloaded");
}

TEST_F(Lifecycles, AllFaultsOfAStartAreToldTogetherAndNothingIsLeftRunning) {
  add("create", "create_fails");
  add("empty", "create_fills_no_instance");
  add("good", "sound");
  add("rubbish", "answers_rubbish");
  add("sick", "unhealthy");
  add("silent", "never_answers");
  add("start", "start_fails");
  add("symbol", "undefined_symbol");
  add("thrower", "throws_in_create");
  const Status status = start();
  EXPECT_EQ(status.message, "profile \"dev\": 8 of 9 instances did not start");
  const auto words = told(status);
  ASSERT_EQ(words.size(), 8U);
  EXPECT_EQ(words[0], "/plugins/create: there is no database; /url: want a URL (was \"x\")");
  EXPECT_EQ(words[1], "/plugins/empty: the create function of gate-empty gave no instance");
  EXPECT_TRUE(words[2].starts_with("/plugins/rubbish: its answer to the first health call: not JSON")) << words[2];
  EXPECT_EQ(words[3], "/plugins/sick: is unhealthy: disk: is full");
  EXPECT_TRUE(words[4].starts_with("/plugins/silent: its first health call failed: ")) << words[4];
  EXPECT_EQ(words[5], "/plugins/start: port 80 is taken");
  EXPECT_TRUE(words[6].ends_with(": undefined symbol: nobody_defines_this")) << words[6];
  EXPECT_EQ(words[7], "/plugins/thrower: the constructor gave up");
  EXPECT_EQ(bound(), "none");
  EXPECT_EQ(loader_.residents().unloaded(), 8U + 0U);
}

TEST_F(Lifecycles, WhoeverNeedsAFailedInstanceIsNotStarted) {
  add("alpha", "sound", {"gates.beta"});
  add("beta", "start_fails");
  add("gamma", "sound", {"gates.alpha"});
  EXPECT_THAT(told(start()), ElementsAre("/plugins/beta: port 80 is taken",
                                         "/plugins/alpha: was not started: it needs \"beta\", which did not start",
                                         "/plugins/gamma: was not started: it needs \"alpha\", which did not start"));
  EXPECT_THAT(created_, ElementsAre("beta"));
}

TEST_F(Lifecycles, ASecondAnswerToOneCallIsRefusedAndDoesNoHarm) {
  add("alpha", "answers_twice");
  ASSERT_TRUE(start().ok());
  EXPECT_EQ(routes_.capture()->find("gates.alpha")->instance->refused_completions().repeated, 1U);
}

TEST_F(Lifecycles, AfterAFailedStartTheSameProfileMayStartOnceItIsRight) {
  add("alpha", "start_fails");
  EXPECT_FALSE(start().ok());
  add("alpha", "sound");
  EXPECT_EQ(to_string(start()), "OK: ");
  EXPECT_THAT(states(), ElementsAre("alpha active"));
}

TEST_F(Lifecycles, AStartRemovesTheCopiesThatNoPluginUsesAnyMore) {
  add("alpha", "sound");
  ASSERT_TRUE(start().ok());
  const auto old = directory_.path() / "store" / lifecycle_.status().at(0).digest;
  ASSERT_TRUE(stop().ok());
  EXPECT_TRUE(std::filesystem::exists(old));
  add("alpha", "answers_twice");
  ASSERT_TRUE(start().ok());
  EXPECT_FALSE(std::filesystem::exists(old));
  EXPECT_TRUE(std::filesystem::exists(directory_.path() / "store" / lifecycle_.status().at(0).digest));
}

TEST_F(Lifecycles, StoppingWhatWasNeverStartedDoesNothing) {
  EXPECT_TRUE(stop().ok());
  EXPECT_THAT(states(), IsEmpty());
}

}  // namespace
}  // namespace slipway::lifecycle
