#include "host/lifecycle/lifecycle.hpp"

#include <gmock/gmock.h>

#include <algorithm>

#include "host/lifecycle/on_blocking.hpp"
#include "host/runtime/async_call.hpp"
#include "tests/unit/host/lifecycle/rig.hpp"

namespace slipway::lifecycle {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

TEST_F(Lifecycles, WorkOnThePoolThatThrowsEndsInAStatus) {
  const auto work = []() -> Status { throw std::runtime_error("no threads left"); };
  EXPECT_EQ(await_on(runtime_, on_blocking(runtime_.blocking(), work)),
            Status(Code::unavailable, "an unexpected error: no threads left"));
}

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
  EXPECT_EQ(lifecycle_.status().at(0).reason, "its library could not be unloaded: it is linked with -z nodelete");
}

TEST_F(Lifecycles, AThreadLocalObjectThatLivesOnKeepsItsLibraryAndIsTheReason) {
  add("alpha", "thread_local_destructor");
  ASSERT_TRUE(start().ok());
  EXPECT_TRUE(stop().ok());
  EXPECT_THAT(states(), ElementsAre("alpha parked"));
  EXPECT_EQ(lifecycle_.status().at(0).reason,
            "its library could not be unloaded: a thread-local object of its own is not destroyed before its thread "
            "ends; keep such things in the instance");
}

TEST_F(Lifecycles, AThreadThatIsLeftBehindKeepsItsLibraryAndIsTheReason) {
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
  GTEST_SKIP() << "a sanitizer begins every thread itself";
#endif
  add("alpha", "leaves_a_thread");
  add("beta", "leaves_a_cpp_thread");
  ASSERT_TRUE(start().ok());
  EXPECT_TRUE(stop().ok());
  EXPECT_THAT(states(), ElementsAre("alpha parked", "beta parked"));
  for (const auto& one : lifecycle_.status())
    EXPECT_THAT(one.reason, ::testing::MatchesRegex("its library could not be unloaded: its code is in use by its own "
                                                    "thread \".+\" \\([0-9]+\\); end every thread before destroy "
                                                    "returns"));
}

TEST_F(Lifecycles, AnExceptionThatLeavesAPluginIsAStatusAndHoldsNoLibrary) {
  add("alpha", "exception_crosses");
  EXPECT_THAT(told(start()), ElementsAre("/plugins/alpha: an exception left the create function of gate-alpha"));
  EXPECT_EQ(loader_.residents().unloaded(), 1U);
}

// Nobody could catch what it throws; so nothing thrown may reach its edge.
TEST_F(Lifecycles, APluginWithAStandardLibraryOfItsOwnThrowsAndIsARefusalLikeAnyOther) {
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
  GTEST_SKIP() << "a sanitizer wants to see who throws";
#endif
  add("alpha", "throws_in_create_static");
  EXPECT_THAT(told(start()), ElementsAre("/plugins/alpha: the constructor gave up"));
  EXPECT_EQ(loader_.residents().unloaded(), 1U);
}

// Every parked library keeps its memory, so that a person has to hear of many.
TEST_F(Lifecycles, TheSixteenthParkedLibraryComesWithAdvice) {
  for (char name = 'a'; name < 'a' + 16; ++name) {
    add(std::string(1, name), "never_unloads");
    const test::PackageParts parts{.fixture = "never_unloads", .id = std::string("gate-") + name};
    const auto folder = root_.path() / parts.id / parts.version;
    std::ofstream(folder / (parts.id + ".so"), std::ios::app) << name;  // one content, one mapping
    test::PluginRoot::seal(folder, parts);
  }
  ASSERT_EQ(to_string(start()), "OK: ");
  EXPECT_TRUE(stop().ok());
  const auto status = lifecycle_.status();
  ASSERT_EQ(status.size(), 16U);
  EXPECT_EQ(status.at(1).reason, "its library could not be unloaded: it is linked with -z nodelete");
  EXPECT_EQ(status.at(0).reason,
            "its library could not be unloaded: it is linked with -z nodelete; 16 libraries are parked, so place such "
            "plugins isolated, or restart slipwayd at a quiet moment");
}

class ImpatientLifecycles : public Lifecycles {
 protected:
  ImpatientLifecycles() : Lifecycles(milliseconds(300)) {}
};

TEST_F(ImpatientLifecycles, AllFaultsOfAStartAreToldTogetherAndNothingIsLeftRunning) {
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
