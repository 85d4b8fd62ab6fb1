// From one plan to another while calls go on.
#include <gmock/gmock.h>

#include <atomic>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/use_awaitable.hpp>

#include "host/bridge/plugin_caller.hpp"
#include "tests/support/eventually.hpp"
#include "tests/unit/host/lifecycle/rig.hpp"

namespace slipway::lifecycle {
namespace {

using test::eventually;
using ::testing::ElementsAre;
using ::testing::HasSubstr;

class NoSink final : public bridge::CallSink {
 public:
  void began(std::string_view) override {}
  void ended(const bridge::CallRecord&) override {}
  void refused(std::string_view, std::string_view, std::uint32_t) override {}
};

class Applying : public Lifecycles {
 protected:
  // Another version of an installed fixture, which the profile then asks for.
  void upgrade(const std::string& name, const std::string& fixture, const std::string& version,
               Json more = Json::object()) {
    root_.install({.fixture = fixture, .id = "gate-" + name, .version = version, .more = std::move(more)});
    profile_.plugins[name].version = *base::parse_range(version);
  }
  Status apply(ApplyOptions options = {}) {
    auto plan = make_plan(profile_, loader::Catalog::scan({root_.path()}));
    if (!plan.ok()) return plan.status();
    const auto turn = lifecycle_.take_turn("a change");
    if (!turn.ok()) return turn.status();
    return await_on(runtime_, lifecycle_.apply(*turn, std::move(*plan), std::move(options)));
  }
  boost::asio::awaitable<Result<std::string>> ask(std::string binding) {
    bridge::CallContext context;
    context.budget_ns = seconds(5).ns;
    co_return co_await caller_.call(binding, "slipway.gate/1", 0, "{}", context);
  }
  std::string said(const std::string& binding) {
    const auto reply = await_on(runtime_, ask(binding));
    return reply.ok() ? *reply : to_string(reply.status());
  }
  std::vector<std::string> versions() const {
    std::vector<std::string> words;
    for (const auto& one : lifecycle_.status())
      words.push_back(one.instance + " " + one.version + " " + std::string(to_name(one.state)));
    return words;
  }

  NoSink sink_;
  bridge::PluginCaller caller_{routes_, sink_};
};

// Calls without a pause until it is told to stop.
class Callers {
 public:
  using Ask = std::function<boost::asio::awaitable<Result<std::string>>()>;

  Callers(runtime::Runtime& runtime, int count, const Ask& ask) {
    for (int i = 0; i < count; ++i) {
      auto done = std::make_shared<std::promise<void>>();
      ends_.push_back(done->get_future());
      boost::asio::co_spawn(runtime.executor(), run(ask, done), boost::asio::detached);
    }
  }
  Callers(const Callers&) = delete;
  Callers& operator=(const Callers&) = delete;
  ~Callers() { stop(); }
  void stop() {
    stopping_ = true;
    for (auto& end : ends_) {
      if (end.valid()) end.get();
    }
  }
  std::atomic<int> answered{0};
  std::atomic<int> failed{0};

 private:
  boost::asio::awaitable<void> run(Ask ask, std::shared_ptr<std::promise<void>> done) {
    boost::asio::steady_timer timer(co_await boost::asio::this_coro::executor);
    while (!stopping_) {
      const auto reply = co_await ask();
      reply.ok() ? ++answered : ++failed;
      timer.expires_after(std::chrono::microseconds(100));
      co_await timer.async_wait(boost::asio::use_awaitable);
    }
    done->set_value();
  }
  std::atomic<bool> stopping_{false};
  std::vector<std::future<void>> ends_;
};

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
  const Json snapshot{{"state", {{"kind", "snapshot"}, {"reads", {1}}, {"writes", 1}}}};
  add("alpha", "counts", {}, snapshot);
  ASSERT_TRUE(start().ok());
  EXPECT_THAT(said("gates.alpha"), HasSubstr("call 1"));
  EXPECT_THAT(said("gates.alpha"), HasSubstr("call 2"));
  upgrade("alpha", "counts", "1.1.0", snapshot);
  EXPECT_EQ(to_string(apply()), "OK: ");
  EXPECT_THAT(said("gates.alpha"), HasSubstr("call 3"));
  EXPECT_TRUE(stop().ok());
}

TEST_F(Applying, ASuccessorThatDoesNotStartChangesNothingAndTheOldOneKnowsWhatItKnew) {
  const Json snapshot{{"state", {{"kind", "snapshot"}, {"reads", {1}}, {"writes", 1}}}};
  add("alpha", "counts", {}, snapshot);
  add("beta", "sound");
  ASSERT_TRUE(start().ok());
  EXPECT_THAT(said("gates.alpha"), HasSubstr("call 1"));
  upgrade("alpha", "start_fails", "1.1.0", snapshot);
  upgrade("beta", "counts", "1.1.0");
  const Status status = apply();
  EXPECT_THAT(told(status), ElementsAre("/plugins/alpha: port 80 is taken"));
  EXPECT_THAT(versions(), ElementsAre("alpha 1.0.0 active", "beta 1.0.0 active"));
  EXPECT_THAT(said("gates.alpha"), HasSubstr("call 2"));
  EXPECT_THAT(said("gates.beta"), HasSubstr("it is a fixture"));
  EXPECT_TRUE(stop().ok());
}

TEST_F(Applying, AnOldOneThatCanNotTellWhatItKnowsIsMadeAnewAndStays) {
  const Json snapshot{{"state", {{"kind", "snapshot"}, {"reads", {1}}, {"writes", 1}}}};
  add("alpha", "export_fails", {}, snapshot);
  ASSERT_TRUE(start().ok());
  upgrade("alpha", "counts", "1.1.0", snapshot);
  EXPECT_THAT(told(apply()), ElementsAre("/plugins/alpha: gate-alpha 1.0.0 did not hand over: its state can't be "
                                         "exported: its memory has a hole"));
  EXPECT_THAT(versions(), ElementsAre("alpha 1.0.0 active"));
  EXPECT_THAT(created_, ElementsAre("alpha", "alpha", "alpha"));
  EXPECT_THAT(said("gates.alpha"), HasSubstr("it is a fixture"));
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
  EXPECT_THAT(said("gates.alpha"), HasSubstr("NOT_FOUND"));
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

TEST_F(Applying, DuringTheBakeTimeTooManyFaultsBringTheOldGenerationBack) {
  add("alpha", "sound");
  ASSERT_TRUE(start().ok());
  upgrade("alpha", "gate_answers_no_status", "1.1.0");
  std::promise<std::string> returned;
  ApplyOptions options;
  options.watch = {.bake = seconds(30), .look = milliseconds(5)};
  options.watch.returned = [&](std::string reason) -> boost::asio::awaitable<void> {
    returned.set_value(reason);
    co_return;
  };
  EXPECT_EQ(to_string(apply(std::move(options))), "OK: ");
  EXPECT_THAT(versions(), ElementsAre("alpha 1.1.0 active", "alpha 1.0.0 warm"));
  for (int i = 0; i < 20; ++i) EXPECT_THAT(said("gates.alpha"), HasSubstr("INTERNAL"));
  auto reason = returned.get_future();
  ASSERT_EQ(reason.wait_for(std::chrono::seconds(10)), std::future_status::ready);
  EXPECT_EQ(reason.get(), "20 of 20 calls of gate-alpha 1.1.0 as \"alpha\" failed, more than the 5% allowed");
  EXPECT_THAT(said("gates.alpha"), HasSubstr("it is a fixture"));
  EXPECT_TRUE(stop().ok());
}

TEST_F(Applying, NoChangeGetsInBeforeTheReturnOfTheOneBeforeIsRecorded) {
  add("alpha", "sound");
  ASSERT_TRUE(start().ok());
  upgrade("alpha", "gate_answers_no_status", "1.1.0");
  const auto recorded = std::make_shared<runtime::OneShot<bool>>();
  std::promise<void> returned;
  ApplyOptions options;
  options.watch = {.bake = seconds(30), .look = milliseconds(5)};
  options.watch.returned = [&](const std::string&) -> boost::asio::awaitable<void> {
    returned.set_value();
    co_await recorded->wait();
  };
  ASSERT_EQ(to_string(apply(std::move(options))), "OK: ");
  for (int i = 0; i < 20; ++i) (void)said("gates.alpha");
  ASSERT_EQ(returned.get_future().wait_for(std::chrono::seconds(10)), std::future_status::ready);
  EXPECT_EQ(apply().message,
            "another change of what runs is under way: the host's return to the profile before; try again when it is "
            "done");
  recorded->deliver(true);
  EXPECT_TRUE(eventually([&] { return lifecycle_.take_turn("any").ok(); }));
  EXPECT_TRUE(stop().ok());
}

TEST_F(Applying, AReturnWaitsForAChangeThatHasTheTurn) {
  add("alpha", "sound");
  ASSERT_TRUE(start().ok());
  upgrade("alpha", "gate_answers_no_status", "1.1.0");
  ApplyOptions options;
  options.watch = {.bake = milliseconds(200), .look = milliseconds(5)};
  ASSERT_EQ(to_string(apply(std::move(options))), "OK: ");
  {
    const auto turn = lifecycle_.take_turn("another change");
    ASSERT_TRUE(turn.ok());
    for (int i = 0; i < 20; ++i) (void)said("gates.alpha");
    std::this_thread::sleep_for(std::chrono::milliseconds(300));
    EXPECT_THAT(versions(), ElementsAre("alpha 1.1.0 active", "alpha 1.0.0 warm"));
  }
  EXPECT_TRUE(eventually([&] { return versions().at(0) == "alpha 1.0.0 active"; }));
  EXPECT_TRUE(stop().ok());
}

TEST_F(Applying, AnExternalOneComesBackTooWithItsBindings) {
  const Json external{{"state", {{"kind", "external"}}}};
  add("alpha", "sound", {}, external);
  ASSERT_TRUE(start().ok());
  upgrade("alpha", "gate_answers_no_status", "1.1.0", external);
  profile_.bindings["gates.more"] = {"alpha"};
  std::promise<std::string> returned;
  ApplyOptions options;
  options.watch = {.bake = seconds(30), .look = milliseconds(5)};
  options.watch.returned = [&](std::string reason) -> boost::asio::awaitable<void> {
    returned.set_value(reason);
    co_return;
  };
  ASSERT_EQ(to_string(apply(std::move(options))), "OK: ");
  EXPECT_EQ(bound(), "gates.alpha, gates.more");
  for (int i = 0; i < 20; ++i) (void)said("gates.more");
  ASSERT_EQ(returned.get_future().wait_for(std::chrono::seconds(10)), std::future_status::ready);
  EXPECT_EQ(bound(), "gates.alpha");
  EXPECT_THAT(said("gates.alpha"), HasSubstr("it is a fixture"));
  EXPECT_TRUE(stop().ok());
}

TEST_F(Applying, ATrialGivesTheNewGenerationItsShareAndMayWithdrawIt) {
  add("alpha", "sound");
  ASSERT_TRUE(start().ok());
  upgrade("alpha", "gate_answers_no_status", "1.1.0");
  ApplyOptions options;
  options.try_out = {.share = 250'000, .length = seconds(30), .look = milliseconds(5)};
  options.try_out->judge = [](bridge::Tally::Counts fresh,
                              bridge::Tally::Counts old) -> boost::asio::awaitable<std::string> {
    if (fresh.calls < 25 || old.calls < 75) co_return "";
    co_return std::to_string(fresh.faults) + " of " + std::to_string(fresh.calls) + " against " +
        std::to_string(old.faults);
  };
  auto end = std::async(std::launch::async, [&] { return apply(std::move(options)); });
  ASSERT_TRUE(eventually([&] { return routes_.capture()->find("gates.alpha")->trial != nullptr; }));
  for (int i = 0; i < 100; ++i) (void)said("gates.alpha");
  EXPECT_EQ(end.get(), Status(Code::aborted, "gate-alpha 1.1.0 was withdrawn: 25 of 25 against 0"));
  EXPECT_THAT(versions(), ElementsAre("alpha 1.0.0 active"));
  EXPECT_THAT(said("gates.alpha"), HasSubstr("it is a fixture"));
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

TEST_F(Applying, ASecondChangeMeanwhileIsRefused) {
  add("alpha", "sound");
  ASSERT_TRUE(start().ok());
  upgrade("alpha", "counts", "1.1.0");
  std::atomic<bool> over{false};
  ApplyOptions options;
  options.try_out = {.share = 1, .length = seconds(30), .look = milliseconds(2)};
  options.try_out->judge = [&](bridge::Tally::Counts, bridge::Tally::Counts) -> boost::asio::awaitable<std::string> {
    co_return over ? "enough" : "";
  };
  auto end = std::async(std::launch::async, [&] { return apply(std::move(options)); });
  ASSERT_TRUE(eventually([&] { return routes_.capture()->find("gates.alpha")->trial != nullptr; }));
  EXPECT_EQ(apply(), Status(Code::failed_precondition,
                            "another change of what runs is under way: a change; try again when it is done"));
  over = true;
  EXPECT_EQ(end.get().code, Code::aborted);
  EXPECT_TRUE(stop().ok());
}

}  // namespace
}  // namespace slipway::lifecycle
