// From one plan to another while calls go on.
#include <gmock/gmock.h>

#include <atomic>

#include "tests/support/eventually.hpp"
#include "tests/unit/host/lifecycle/apply_rig.hpp"

namespace slipway::lifecycle {
namespace {

using test::eventually;
using ::testing::ElementsAre;
using ::testing::HasSubstr;

TEST_F(Applying, ANewVersionTakesOverAndTheOldOneIsUnloaded) {
  add("alpha", "sound");
  add_matching("beta");
  ASSERT_TRUE(start().ok());
  upgrade("alpha", "counts", "1.1.0");
  EXPECT_EQ(to_string(apply()), "OK: ");
  EXPECT_THAT(said("gates.alpha"), HasSubstr("call 1"));
  EXPECT_TRUE(eventually([&] { return loader_.residents().unloaded() == 1; }));
  EXPECT_TRUE(eventually([&] { return versions().size() == 2; }));
  EXPECT_THAT(versions(), ElementsAre("alpha 1.1.0 active", "beta 1.0.0 active"));
  EXPECT_THAT(created_, ElementsAre("alpha", "beta", "alpha"));
  EXPECT_TRUE(stop().ok());
}

TEST_F(Applying, AGenerationTellsWhenItWasBegunAndWhenItsStateLastChanged) {
  add("alpha", "sound");
  add_matching("beta");
  const Instant first = clock_.now();
  ASSERT_TRUE(start().ok());
  clock_.advance(seconds(60));
  const Instant second = clock_.now();
  upgrade("alpha", "counts", "1.1.0");
  EXPECT_EQ(to_string(apply({.watch = {.bake = seconds(600)}})), "OK: ");
  std::map<std::string, std::pair<Instant, Instant>> times;
  for (const auto& one : lifecycle_.status())
    times[one.instance + " " + one.version + " " + std::string(to_name(one.state))] = {one.created_at, one.updated_at};
  EXPECT_EQ(times.size(), 3U);
  EXPECT_EQ(times["beta 1.0.0 active"], std::pair(first, first)) << "what was not touched keeps its times";
  EXPECT_EQ(times["alpha 1.1.0 active"], std::pair(second, second));
  EXPECT_EQ(times["alpha 1.0.0 warm"], std::pair(first, second)) << "kept, but no longer led to";
  EXPECT_TRUE(stop().ok());
}

TEST_F(Applying, NoCallFailsWhileVersionsAreExchangedAgainAndAgain) {
  add("alpha", "sound");
  ASSERT_TRUE(start().ok());
  upgrade("alpha", "counts", "1.1.0");
  Callers callers(runtime_, 8, [this] { return ask("gates.alpha"); });
  for (int i = 0; i < 30; ++i) {
    profile_.plugins["alpha"].version = *base::parse_range(i % 2 == 0 ? "1.1.0" : "1.0.0");
    ASSERT_EQ(to_string(apply()), "OK: ");
  }
  callers.stop();
  EXPECT_EQ(callers.failed, 0);
  EXPECT_GT(callers.answered, 100);
  EXPECT_TRUE(stop().ok());
}

TEST_F(Applying, WhatCanNotRunTwiceIsExchangedWhileCallsWait) {
  const Json external{{"state", {{"kind", "external"}}}};
  add("alpha", "sound", {}, external);
  ASSERT_TRUE(start().ok());
  upgrade("alpha", "counts", "1.1.0", external);
  Callers callers(runtime_, 8, [this] { return ask("gates.alpha"); });
  for (int i = 0; i < 10; ++i) {
    profile_.plugins["alpha"].version = *base::parse_range(i % 2 == 0 ? "1.1.0" : "1.0.0");
    ASSERT_EQ(to_string(apply()), "OK: ");
  }
  callers.stop();
  EXPECT_EQ(callers.failed, 0);
  EXPECT_GT(callers.answered, 20);
  EXPECT_TRUE(stop().ok());
}

TEST_F(Applying, ASnapshotIsHandedToTheSuccessor) {
  add("alpha", "counts", {}, snapshot());
  ASSERT_TRUE(start().ok());
  EXPECT_THAT(said("gates.alpha"), HasSubstr("call 1"));
  EXPECT_THAT(said("gates.alpha"), HasSubstr("call 2"));
  upgrade("alpha", "counts", "1.1.0", snapshot());
  EXPECT_EQ(to_string(apply()), "OK: ");
  EXPECT_THAT(said("gates.alpha"), HasSubstr("call 3"));
  EXPECT_TRUE(stop().ok());
}

TEST_F(Applying, AnotherPluginIsNotHandedTheSnapshot) {
  add("alpha", "counts", {}, snapshot());
  ASSERT_TRUE(start().ok());
  EXPECT_THAT(said("gates.alpha"), HasSubstr("call 1"));
  root_.install({.fixture = "counts", .id = "gate-other", .more = snapshot()});
  profile_.plugins["alpha"].plugin = "gate-other";
  EXPECT_EQ(to_string(apply()), "OK: ");
  EXPECT_THAT(said("gates.alpha"), HasSubstr("call 1"));
  EXPECT_TRUE(stop().ok());
}

TEST_F(Applying, EachCallIsTakenOnceByASnapshotThatIsHandedOnAgainAndAgain) {
  add("alpha", "counts", {}, snapshot());
  ASSERT_TRUE(start().ok());
  upgrade("alpha", "counts", "1.1.0", snapshot());
  Numbers numbers;
  Callers callers(runtime_, 8, [&] { return numbers.heard(ask("gates.alpha")); });
  for (int i = 0; i < 10; ++i) {
    profile_.plugins["alpha"].version = *base::parse_range(i % 2 == 0 ? "1.1.0" : "1.0.0");
    ASSERT_EQ(to_string(apply()), "OK: ");
  }
  callers.stop();
  EXPECT_EQ(callers.failed, 0);
  EXPECT_GT(callers.answered, 20);
  numbers.expect_each_once();
  EXPECT_TRUE(stop().ok());
}

TEST_F(Applying, DuringAHandOverACallWaitsAsLongAsItsDeadlineAndNoLonger) {
  add("alpha", "counts", {}, snapshot());
  ASSERT_TRUE(start().ok());
  std::future<std::string> patient;
  std::string hurried;
  on_log_ = [&](std::string_view message) {
    if (message != "exported") return;
    const auto intake = routes_.capture()->find("gates.alpha")->intake;
    patient = std::async(std::launch::async, [&] { return said("gates.alpha"); });
    EXPECT_TRUE(eventually([&] { return intake->waiting() == 1; }));
    hurried = std::async(std::launch::async, [&] { return said("gates.alpha", milliseconds(10)); }).get();
    EXPECT_EQ(intake->waiting(), 1U);
  };
  upgrade("alpha", "counts", "1.1.0", snapshot());
  EXPECT_EQ(to_string(apply()), "OK: ");
  EXPECT_THAT(patient.get(), HasSubstr("call 1"));
  EXPECT_EQ(hurried, "DEADLINE_EXCEEDED: the deadline passed while binding \"gates.alpha\" was exchanged");
  EXPECT_TRUE(stop().ok());
}

TEST_F(Applying, ACallThatHadChosenItsWayBeforeTheExportIsAskedOfTheSuccessor) {
  const Json more{{"threading", "concurrent"}, {"state", snapshot()["state"]}};
  std::promise<void> chosen;
  std::promise<void> exported;
  std::atomic<bool> first{true};
  sink_.on_began = [&] {
    if (!first.exchange(false)) return;
    chosen.set_value();
    exported.get_future().wait_for(std::chrono::seconds(20));
  };
  std::future<std::string> late;
  const auto is_over = [&] { return late.wait_for(std::chrono::seconds(0)) == std::future_status::ready; };
  const auto waits = [&] { return routes_.capture()->find("gates.alpha")->intake->waiting() == 1; };
  on_log_ = [&](std::string_view message) {
    if (message != "exported") return;
    exported.set_value();
    EXPECT_TRUE(eventually([&] { return is_over() || waits(); }));
  };
  add("alpha", "counts", {}, more);
  ASSERT_TRUE(start().ok());
  late = std::async(std::launch::async, [&] { return said("gates.alpha"); });
  chosen.get_future().wait();
  upgrade("alpha", "counts", "1.1.0", more);
  EXPECT_EQ(to_string(apply()), "OK: ");
  EXPECT_THAT(late.get(), HasSubstr("call 1"));
  EXPECT_THAT(said("gates.alpha"), HasSubstr("call 2"));
  EXPECT_TRUE(stop().ok());
}

TEST_F(Applying, WhoCallsAnotherIsExchangedBeforeItWithoutAFailedCall) {
  std::atomic<int> refused{0};
  std::atomic<int> asked{0};
  const auto pass_on = [&](runtime::Answerer answerer) -> boost::asio::awaitable<void> {
    const auto reply = co_await ask("gates.alpha");
    reply.ok() ? ++asked : ++refused;
    answerer.succeed("{}");
  };
  on_request_ = [&](runtime::Answerer answerer) {
    boost::asio::co_spawn(runtime_.executor(), pass_on(std::move(answerer)), boost::asio::detached);
  };
  add("alpha", "counts", {}, snapshot());
  add("beta", "counts", {"gates.alpha"}, snapshot());
  ASSERT_TRUE(start().ok());
  upgrade("alpha", "counts", "1.1.0", snapshot());
  const Json calls{{"state", snapshot()["state"]}, {"permissions", {{"bindings", {"gates.alpha"}}}}};
  upgrade("beta", "counts", "1.1.0", calls);
  Callers callers(runtime_, 8, [this] { return ask("gates.beta", seconds(5), R"("slowly")"); });
  for (int i = 0; i < 10; ++i) {
    for (const char* name : {"alpha", "beta"})
      profile_.plugins[name].version = *base::parse_range(i % 2 == 0 ? "1.1.0" : "1.0.0");
    ASSERT_EQ(to_string(apply()), "OK: ");
  }
  callers.stop();
  EXPECT_EQ(callers.failed, 0);
  EXPECT_EQ(refused, 0);
  EXPECT_GT(asked, 20);
  EXPECT_TRUE(stop().ok());
}

TEST_F(Applying, ASuccessorThatDoesNotStartChangesNothingAndTheOldOneKnowsWhatItKnew) {
  add("alpha", "counts", {}, snapshot());
  add("beta", "sound");
  ASSERT_TRUE(start().ok());
  EXPECT_THAT(said("gates.alpha"), HasSubstr("call 1"));
  upgrade("alpha", "start_fails", "1.1.0", snapshot());
  upgrade("beta", "counts", "1.1.0");
  const Status status = apply();
  EXPECT_THAT(told(status), ElementsAre("/plugins/alpha: port 80 is taken"));
  EXPECT_THAT(versions(), ElementsAre("alpha 1.0.0 active", "beta 1.0.0 active"));
  EXPECT_THAT(said("gates.alpha"), HasSubstr("call 2"));
  EXPECT_THAT(said("gates.beta"), HasSubstr("it is a fixture"));
  EXPECT_TRUE(stop().ok());
}

TEST_F(Applying, AnOldOneThatCanNotTellWhatItKnowsServesOn) {
  add("alpha", "export_fails", {}, snapshot());
  ASSERT_TRUE(start().ok());
  upgrade("alpha", "counts", "1.1.0", snapshot());
  EXPECT_THAT(told(apply()),
              ElementsAre("/plugins/alpha: gate-alpha 1.0.0 did not hand over, and still answers, but what it did by "
                          "itself rests until it is replaced, or the host started again: its state can't be exported: "
                          "its memory has a hole"));
  EXPECT_THAT(versions(), ElementsAre("alpha 1.0.0 active"));
  EXPECT_THAT(lifecycle_.status().at(0).reason, HasSubstr("what it did by itself rests"));
  EXPECT_THAT(created_, ElementsAre("alpha", "alpha")) << "the successor is the second one";
  EXPECT_THAT(said("gates.alpha"), HasSubstr("it is a fixture"));
  EXPECT_TRUE(stop().ok());
}

class Impatient : public Applying {
 protected:
  Impatient() : Applying(seconds(5), milliseconds(20)) {}
};

TEST_F(Impatient, AnOldOneWhoseCallsDoNotEndKeepsThemAndWhatItKnows) {
  std::promise<runtime::Answerer> asked;
  on_request_ = [&](runtime::Answerer answerer) { asked.set_value(std::move(answerer)); };
  add("alpha", "counts", {}, snapshot());
  ASSERT_TRUE(start().ok());
  EXPECT_THAT(said("gates.alpha"), HasSubstr("call 1"));
  auto open = std::async(std::launch::async, [this] {
    bridge::CallContext context;
    context.budget_ns = seconds(60).ns;
    return await_on(runtime_, caller_.call("gates.alpha", "slipway.gate/1", 0, R"("slowly")", context));
  });
  runtime::Answerer answerer = asked.get_future().get();
  upgrade("alpha", "counts", "1.1.0", snapshot());
  EXPECT_THAT(told(apply()), ElementsAre("/plugins/alpha: gate-alpha 1.0.0 did not hand over, and goes on as it was: "
                                         "its open calls did not end within 20ms"));
  EXPECT_THAT(versions(), ElementsAre("alpha 1.0.0 active"));
  EXPECT_THAT(created_, ElementsAre("alpha", "alpha")) << "the successor is the second one";
  EXPECT_THAT(said("gates.alpha"), HasSubstr("call 3"));
  answerer.succeed("{}");
  const Result<std::string> late = open.get();
  EXPECT_THAT(late.ok() ? *late : to_string(late.status()), HasSubstr("in the end"));
  EXPECT_EQ(to_string(apply()), "OK: ") << "the open call was all that held it up";
  EXPECT_THAT(said("gates.alpha"), HasSubstr("call 4"));
  EXPECT_TRUE(stop().ok());
}

TEST_F(Applying, AnOldOneThatCanNotBePutBackIsToldAndTheNextChangeStartsWithoutIt) {
  const Json external{{"state", {{"kind", "external"}}}};
  add("alpha", "starts_once", {}, external);
  ASSERT_TRUE(start().ok());
  upgrade("alpha", "start_fails", "1.1.0", external);
  EXPECT_THAT(told(apply()), ElementsAre("/plugins/alpha: port 80 is taken",
                                         "/plugins/alpha: gate-alpha 1.0.0 could not be put back: its lock is held"));
  EXPECT_THAT(versions(), ElementsAre("alpha 1.0.0 failed"));
  EXPECT_EQ(lifecycle_.status().at(0).reason, "could not be put back: its lock is held");
  EXPECT_EQ(said("gates.alpha"),
            "UNAVAILABLE: binding \"gates.alpha\" leads to nothing that runs: gate-alpha 1.0.0 could not be put back: "
            "its lock is held; apply the profile again to start it anew, or one with another version of it");
  const auto table = routes_.capture();
  ASSERT_NE(table->find("gates.alpha"), nullptr);
  EXPECT_EQ(table->find("gates.alpha")->tally->counts().faults, 1U);
  upgrade("alpha", "counts", "1.2.0", external);
  EXPECT_EQ(to_string(apply()), "OK: ");
  EXPECT_THAT(said("gates.alpha"), HasSubstr("call 1"));
  EXPECT_TRUE(stop().ok());
}

TEST_F(Applying, AnOldOneThatDoesNotEndIsFailedNotActive) {
  const Json external{{"state", {{"kind", "external"}}}};
  add("alpha", "destroy_is_slow", {}, external);
  ASSERT_TRUE(start().ok());
  upgrade("alpha", "counts", "1.1.0", external);
  const std::vector<std::string> problems = told(apply());
  ASSERT_EQ(problems.size(), 2U);
  EXPECT_THAT(problems[0], HasSubstr("gate-alpha 1.0.0 did not hand over: "));
  EXPECT_EQ(problems[1],
            "/plugins/alpha: gate-alpha 1.0.0 could not be put back: it has not ended, so it can't be made anew");
  EXPECT_THAT(versions(), ElementsAre("alpha 1.0.0 failed"));
  EXPECT_THAT(said("gates.alpha"), HasSubstr("UNAVAILABLE: binding \"gates.alpha\" leads to nothing that runs: "));
  (void)stop();
  EXPECT_THAT(said("gates.alpha"), HasSubstr("NOT_FOUND"));
}

TEST_F(Applying, EveryFaultOfAChangeIsTold) {
  add("alpha", "sound");
  add("beta", "sound");
  ASSERT_TRUE(start().ok());
  upgrade("alpha", "start_fails", "1.1.0");
  upgrade("beta", "unhealthy", "1.1.0");
  EXPECT_THAT(told(apply()),
              ElementsAre("/plugins/alpha: port 80 is taken", "/plugins/beta: is unhealthy: disk: is full"));
  EXPECT_THAT(versions(), ElementsAre("alpha 1.0.0 active", "beta 1.0.0 active"));
  EXPECT_TRUE(stop().ok());
}

TEST_F(Applying, InstancesComeAndGoWithTheirBindings) {
  add("alpha", "sound");
  add("beta", "sound");
  ASSERT_TRUE(start().ok());
  profile_.plugins["beta"].enabled = false;
  profile_.bindings.erase("gates.beta");
  add("gamma", "counts");
  EXPECT_EQ(to_string(apply()), "OK: ");
  EXPECT_EQ(bound(), "gates.alpha, gates.gamma");
  EXPECT_TRUE(eventually([&] { return versions().size() == 2; }));
  EXPECT_THAT(versions(), ElementsAre("alpha 1.0.0 active", "gamma 1.0.0 active"));
  EXPECT_TRUE(stop().ok());
}

TEST_F(Applying, AVersionThatIsInUseIsKeptUnderItsNameUntilItIsNot) {
  add("alpha", "sound");
  ASSERT_TRUE(start().ok());
  users_["gates.alpha 1.0.0"] = 2;
  upgrade("alpha", "counts", "1.1.0");
  ASSERT_EQ(to_string(apply()), "OK: ");
  EXPECT_TRUE(eventually([&] { return lifecycle_.status().at(1).reason == "kept for 2 rollouts that began with it"; }));
  EXPECT_THAT(said("gates.alpha@1.0.0"), HasSubstr("it is a fixture"));
  EXPECT_THAT(said("gates.alpha"), HasSubstr("call 1"));
  users_["gates.alpha 1.0.0"] = 0;
  EXPECT_TRUE(eventually([&] { return versions().size() == 1; }));
  EXPECT_THAT(said("gates.alpha@1.0.0"), HasSubstr("NOT_FOUND"));
  EXPECT_TRUE(stop().ok());
}

TEST_F(Applying, AnOldConfigurationIsNotKeptForThoseWhoStayWithTheVersion) {
  add("alpha", "sound", {}, {{"config", {{"type", "object"}}}});
  ASSERT_TRUE(start().ok());
  users_["gates.alpha 1.0.0"] = 2;
  profile_.plugins["alpha"].config = {{"note", "another one"}};
  ASSERT_EQ(to_string(apply()), "OK: ");
  EXPECT_TRUE(eventually([&] { return versions().size() == 1; }));
  EXPECT_THAT(versions(), ElementsAre("alpha 1.0.0 active"));
  EXPECT_THAT(said("gates.alpha@1.0.0"), HasSubstr("it is a fixture"));
  EXPECT_TRUE(stop().ok());
}

}  // namespace
}  // namespace slipway::lifecycle
