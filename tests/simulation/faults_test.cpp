// Bindings that are missing, stuck or broken; verification; notifications; removal; an orderly stop.
#include <gmock/gmock.h>

#include <limits>

#include "tests/simulation/world.hpp"

namespace slipway::sim {
namespace {

using testing::Contains;
using testing::HasSubstr;
using testing::IsEmpty;
using Fate = World::Fate;

class Faults : public testing::Test {
 protected:
  Faults() { world.start(); }
  ~Faults() override { EXPECT_THAT(world.provider.violations(), IsEmpty()); }
  std::string deploy(const std::string& release) {
    (void)world.make_release("shop", release);
    const auto rollout = world.deploy("shop", release);
    EXPECT_TRUE(rollout.ok()) << to_string(rollout.status());
    return rollout.ok() ? rollout->id : "";
  }
  void break_binding(std::string binding, Fate fate = Fate::fail_before) {
    world.fate = [binding = std::move(binding), fate](int, std::string_view to, std::uint32_t) {
      return to == binding ? fate : Fate::good;
    };
  }
  World world;
};

TEST_F(Faults, AStuckStrategyHoldsUpItsRolloutAndTheReasonNamesIt) {
  world.make_stable(world.shop(), "1.0");
  const std::string id = deploy("1.1");
  break_binding("strategies.steps");
  world.run_for(seconds(60));
  EXPECT_EQ(world.state_of(id), State::progressing);
  EXPECT_THAT(world.get(id)->why.details, Contains(HasSubstr("binding \"strategies.steps\" has failed")));
  world.fate = nullptr;
  EXPECT_TRUE(world.until_state(id, State::succeeded));
}

TEST_F(Faults, ADamagedRecordHoldsUpItsOwnRolloutAndNoOther) {
  auto cart = world.shop();
  cart.name = "cart";
  world.make_stable(world.shop(), "1.0");
  world.make_stable(cart, "1.0");
  const std::string damaged = deploy("1.1");
  (void)world.make_release("cart", "1.1");
  const std::string sound = world.deploy("cart", "1.1")->id;
  world.crash();
  const storage::Key key{"acme", "rollout", damaged};
  const std::string before = world.storage.find(key)->value;
  (void)world.storage.write({.puts = {{key, before.substr(0, before.size() / 2)}}});
  world.start();
  EXPECT_TRUE(world.until_state(sound, State::succeeded));
  const auto page = world.ask(world.engine().rollouts(world.somebody, {}, {}));
  ASSERT_TRUE(page.ok()) << to_string(page.status());
  EXPECT_EQ(page->items.size(), 3U) << "all but the damaged one";
  const auto asked = world.get(damaged);
  EXPECT_EQ(asked.status().code, Code::data_loss);
  EXPECT_THAT(asked.status().message, HasSubstr("the store's rollout " + damaged + ": "));
  (void)world.storage.write({.puts = {{key, before}}});
  EXPECT_TRUE(world.until_state(damaged, State::succeeded)) << "put right, it goes on";
}

TEST_F(Faults, ADamagedEntryOfAJournalIsLeftOutOfIt) {
  world.make_stable(world.shop(), "1.0");
  const std::string id = deploy("1.1");
  ASSERT_TRUE(world.until_state(id, State::succeeded));
  (void)world.storage.write(
      {.appends = {{rollout::keys::journal("acme", id), R"({"at":"2026-01-0)"},
                   {rollout::keys::journal("acme", id), world.storage.stream("acme", "journal/" + id)[0]}}});
  const auto page = world.ask(world.engine().journal(world.somebody, id, {}));
  ASSERT_TRUE(page.ok()) << to_string(page.status());
  EXPECT_EQ(page->items[0].kind, "started");
  ASSERT_GT(page->items.size(), 2U);
  const auto& last = page->items.back();
  EXPECT_EQ(last.kind, "started");
  EXPECT_EQ(last.sequence, page->items[page->items.size() - 2].sequence + 2);
  const auto none =
      world.ask(world.engine().journal(world.somebody, id, {.limit = 1, .cursor = std::to_string(last.sequence - 2)}));
  ASSERT_TRUE(none.ok());
  EXPECT_THAT(none->items, testing::IsEmpty());
  EXPECT_EQ(none->next, std::to_string(last.sequence - 1)) << "and the next page is asked for behind it";
}

TEST_F(Faults, ADamagedEventEndsNobodysStreamAndIsToldToNobody) {
  world.make_stable(world.shop(), "1.0");
  world.run_for(seconds(30));
  const auto newest = *world.ask(world.engine().newest_event(world.somebody));
  const auto told = world.notifier.sent.size();
  for (int i = 0; i < 3; ++i) (void)world.storage.write({.appends = {{rollout::keys::events("acme"), "{"}}});
  auto box = std::make_shared<std::optional<Result<std::vector<rollout::Event>>>>();
  world.begin(world.engine().events(world.somebody, newest, 2, seconds(60)), box);
  world.run_for(seconds(20));
  EXPECT_FALSE(box->has_value()) << "it waits for one that can be read";
  ASSERT_TRUE(world.make_release("shop", "1.1").ok());
  ASSERT_TRUE(world.until([&] { return box->has_value(); }, seconds(5)));
  ASSERT_TRUE((*box)->ok()) << to_string((*box)->status());
  ASSERT_EQ((**box)->size(), 1U);
  EXPECT_EQ((**box)->front().type, "release.created");
  EXPECT_EQ((**box)->front().id, newest + 4);
  ASSERT_TRUE(world.until([&] { return world.notifier.sent.size() > told; }, seconds(30)));
  world.run_for(seconds(30));
  ASSERT_EQ(world.notifier.sent.size(), told + 1);
  EXPECT_EQ(world.notifier.sent.back().type, "release.created");
}

TEST_F(Faults, AFailedAnalysisGoesBackEvenWhenTheStrategyCannotBeAsked) {
  world.make_stable(world.shop(), "1.0");
  const std::string id = deploy("1.1");
  ASSERT_TRUE(world.until([&] { return world.provider.weight_of("shop", "1.1") == 50'000; }));
  world.metrics.error_ratio["1.1"] = 0.9;
  break_binding("strategies.steps");
  EXPECT_TRUE(world.until_state(id, State::rolled_back, seconds(30)));
  EXPECT_THAT(world.get(id)->why.reason, HasSubstr("the strategy could not be asked"));
}

// Of a verdict that could not be stored nothing is left, not even the coroutine that reached it.
TEST_F(Faults, AnAnalysisWhoseVerdictWasLostIsJudgedAgain) {
  world.make_stable(world.shop(), "1.0");
  const std::string id = deploy("1.1");
  ASSERT_TRUE(world.until([&] { return world.provider.weight_of("shop", "1.1") == 50'000; }));
  world.run_for(milliseconds(2'500));
  break_binding("storage");
  world.run_for(seconds(30));
  world.fate = nullptr;
  EXPECT_TRUE(world.until_state(id, State::succeeded, seconds(60))) << encode_text(*world.get(id));
}

TEST_F(Faults, ADeadSourceIsNoSuccess) {
  world.make_stable(world.shop(), "1.0");
  const std::string id = deploy("1.1");
  break_binding("metrics.sim");
  world.run_for(seconds(120));
  EXPECT_EQ(world.provider.weight_of("shop", "1.1"), 50'000U);
  EXPECT_EQ(world.get(id)->analyses.at(0).verdict, analyzer::Verdict::error);
  EXPECT_EQ(world.get(id)->analyses.at(0).finding, strategy::Finding::held);
}

TEST_F(Faults, AReplicaThatNeverGetsReadyGetsNoTraffic) {
  world.make_stable(world.shop(), "1.0");
  world.provider.behave("1.1", {.never_ready = true});
  const std::string id = deploy("1.1");
  world.run_for(seconds(120));
  EXPECT_EQ(world.provider.weight_of("shop", "1.1"), 0U);
  EXPECT_EQ(world.get(id)->why.waits_for, "0 of 4 new replicas are ready");
  ASSERT_TRUE(world.act(id, rollout::Action::abort).ok());
  EXPECT_TRUE(world.until_state(id, State::rolled_back));
}

TEST_F(Faults, AnUnknownStrategyAnalyzerAndProgramAreRefusedAllAtOnce) {
  auto spec = world.shop();
  spec.analyses[0].analyzer = "oracle";
  ASSERT_TRUE(world.make_application(spec).ok());
  rollout::ReleaseRequest request{.release = {.version = "1.0", .command = {"/missing"}}};
  ASSERT_TRUE(world.ask(world.engine().create_release(world.somebody, "shop", request, rollout::Mode::commit)).ok());
  rollout::RolloutRequest wanted{
      .application = "shop", .release = "1.0", .strategy = rollout::StrategySpec{"magic", {"{}"}}};
  const auto answer = world.ask(world.engine().start_rollout(world.somebody, wanted));
  EXPECT_EQ(answer.status().code, Code::invalid_argument);
  std::vector<std::string> paths;
  for (const Problem& problem : answer.status().problems) paths.push_back(problem.path);
  EXPECT_THAT(paths, testing::ElementsAre("/strategy/name", "/analyses/0/analyzer", "/release"));
}

TEST_F(Faults, WhatTheProviderCannotDoIsRefusedOnlyWhereSomebodyAsksForIt) {
  auto spec = world.shop();
  world.make_stable(spec, "1.0");
  world.provider.able = {.weights = false, .sticky = false};
  const auto refused = [&](const auto& changed) {
    EXPECT_TRUE(world.make_application(changed).ok());
    rollout::RolloutRequest wanted{.application = "shop", .release = "1.1"};
    const auto answer = world.ask(world.engine().plan_rollout(world.somebody, wanted));
    std::string text;
    for (const Problem& problem : answer.status().problems) text += problem.path + " " + problem.message + "\n";
    return text;
  };
  (void)world.make_release("shop", "1.1");
  EXPECT_EQ(refused(spec), "") << "users keep their group where that can be had";
  spec.sticky = provider::Sticky::user;
  spec.rollback.mode = rollout::RollbackMode::gradual;
  EXPECT_EQ(refused(spec),
            "/sticky the provider can't keep users with their group; want none, or leave it to the provider\n"
            "/rollback/mode the provider can't split traffic by weight; want instant\n");
  world.provider.able = {.weight_granularity = 10'000, .sticky = true};
  EXPECT_EQ(refused(spec),
            "/rollback/mode the provider's weights are multiples of 1%, and a gradual way back moves in tenths of any "
            "share; want instant\n");
}

TEST_F(Faults, AFailureDuringTheWatchReturnsToTheReleaseBefore) {
  auto spec = world.shop({{"weights", {500'000}}, {"hold", "1s"}});
  spec.verification = {.period = seconds(60), .analyses = {"errors"}};
  spec.analyses[0].settings = json_text({{"count", 1'000}});
  world.make_stable(spec, "1.0");
  const std::string id = deploy("1.1");
  ASSERT_TRUE(world.until_state(id, State::verifying));
  EXPECT_EQ(world.application("shop")->stable_release, "1.1");
  world.metrics.error_ratio["1.1"] = 0.5;
  EXPECT_TRUE(world.until_state(id, State::rolled_back));
  EXPECT_EQ(world.application("shop")->stable_release, "1.0");
  EXPECT_EQ(world.provider.weight_of("shop", "1.0"), kAllTraffic);
}

TEST_F(Faults, EveryEventIsToldOnceInOrderAndAnUnreachableReceiverIsNoHindrance) {
  break_binding("notifiers.hook");
  world.make_stable(world.shop(), "1.0");
  EXPECT_EQ(world.application("shop")->stable_release, "1.0");
  world.fate = nullptr;
  const auto count = world.storage.stream("acme", "events").size();
  EXPECT_TRUE(world.until([&] { return world.notifier.sent.size() == count; }, seconds(60)));
  for (std::size_t i = 0; i < world.notifier.sent.size(); ++i)
    EXPECT_EQ(world.notifier.sent[i].id, "acme/" + std::to_string(i + 1));
  EXPECT_EQ(world.notifier.sent.back().type, "rollout.succeeded");
}

TEST_F(Faults, ARefusedEventHoldsUpTheNextOnesForAMinuteAndTheNextOfItsTypeNotAtAll) {
  world.make_stable(world.shop(), "1.0");
  world.run_for(seconds(10));
  const auto told = world.notifier.sent.size();
  world.notifier.refuses["release.created"] = Code::invalid_argument;
  (void)world.make_release("shop", "1.1");
  auto spec = world.application("shop")->spec;
  spec.replicas = 5;
  ASSERT_TRUE(world.make_application(spec).ok());
  world.run_for(seconds(50));
  EXPECT_EQ(world.notifier.sent.size(), told) << "the receiver may be about to be renewed";
  EXPECT_GE(world.notifier.refusals, 3);
  ASSERT_TRUE(world.until([&] { return world.notifier.sent.size() > told; }, seconds(20)));
  EXPECT_EQ(world.notifier.sent.back().type, "application.changed");

  const int before = world.notifier.refusals;
  (void)world.make_release("shop", "1.2");
  spec.replicas = 6;
  ASSERT_TRUE(world.make_application(spec).ok());
  ASSERT_TRUE(world.until([&] { return world.notifier.sent.size() > told + 1; }, seconds(1)));
  EXPECT_EQ(world.notifier.refusals, before + 1);
  EXPECT_THAT(world.numbers(), HasSubstr(R"(slipway_events_given_up_total{notifier="hook",type="release.created"} 2)"));

  world.notifier.refuses.clear();
  (void)world.make_release("shop", "1.3");
  ASSERT_TRUE(world.until([&] { return world.notifier.sent.back().type == "release.created"; }, seconds(1)));
}

// A credential that was renewed is put right by somebody; nothing of what happened meanwhile is lost.
TEST_F(Faults, WhoIsTurnedAwayTellsEveryEventLater) {
  world.make_stable(world.shop(), "1.0");
  world.run_for(seconds(10));
  const auto told = world.notifier.sent.size();
  world.notifier.refuses["release.created"] = Code::failed_precondition;
  (void)world.make_release("shop", "1.1");
  world.run_for(seconds(3600));
  EXPECT_EQ(world.notifier.sent.size(), told);
  world.notifier.refuses.clear();
  EXPECT_TRUE(world.until([&] { return world.notifier.sent.size() == told + 1; }, seconds(10)));
}

TEST_F(Faults, AReaderOfEventsIsWokenByTheNextOne) {
  const auto newest = world.ask(world.engine().newest_event(world.somebody));
  auto reading = world.engine().events(world.somebody, *newest, 10, seconds(30));
  auto box = std::make_shared<std::optional<Result<std::vector<rollout::Event>>>>();
  world.begin(std::move(reading), box);
  world.run_for(seconds(5));
  EXPECT_FALSE(box->has_value());
  ASSERT_TRUE(world.make_application(world.shop()).ok());
  EXPECT_TRUE(world.until([&] { return box->has_value(); }, milliseconds(100)));
  EXPECT_EQ((**box)->at(0).type, "application.created");
}

TEST_F(Faults, ADeletedApplicationIsGoneFromTheProviderAlsoAcrossACrash) {
  world.make_stable(world.shop(), "1.0");
  break_binding("provider");
  ASSERT_TRUE(world.ask(world.engine().delete_application(world.somebody, "shop", {}, rollout::Mode::commit)).ok());
  world.run_for(seconds(1));
  EXPECT_EQ(world.provider.ready_of("shop", "1.0"), 4);
  world.crash();
  world.fate = nullptr;
  world.start();
  EXPECT_TRUE(world.until([&] { return world.provider.ready_of("shop", "1.0") == 0; }, seconds(10)));
  world.run_for(seconds(2));
  EXPECT_TRUE(world.make_application(world.shop()).ok());
  EXPECT_EQ(world.ask(world.engine().releases(world.somebody, "shop", {}))->items.size(), 0U);
}

TEST_F(Faults, AnOrderThatArrivesAfterTheRemovalStartsNothing) {
  auto spec = world.shop();
  world.make_stable(spec, "1.0");
  constexpr auto kOrder = provider::Interface::index_of<provider::Apply>();
  world.fate = [late = true](int, std::string_view to, std::uint32_t method) mutable {
    const bool strikes = to == "provider" && method == kOrder && std::exchange(late, false);
    return strikes ? Fate::late : Fate::good;
  };
  spec.replicas = 6;
  ASSERT_TRUE(world.make_application(spec).ok());
  world.run_for(seconds(1));
  ASSERT_TRUE(world.ask(world.engine().delete_application(world.somebody, "shop", {}, rollout::Mode::commit)).ok());
  world.run_for(seconds(1));
  EXPECT_FALSE(world.provider.knows("shop", "1.0"));
  world.run_for(seconds(60));
  EXPECT_FALSE(world.provider.knows("shop", "1.0"));
  EXPECT_EQ(world.provider.refused(), 1);
}

TEST_F(Faults, ARemovalThatIsDeliveredTwiceLeavesTheSuccessorAlone) {
  constexpr auto kRemove = provider::Interface::index_of<provider::Remove>();
  world.fate = [](int, std::string_view to, std::uint32_t method) {
    return to == "provider" && method == kRemove ? Fate::repeated : Fate::good;
  };
  const auto spec = world.shop();
  for (int i = 0; i < 6; ++i) {
    world.make_stable(spec, "1.0");
    world.run_for(seconds(10));
    EXPECT_EQ(world.provider.ready_of("shop", "1.0"), 4);
    ASSERT_TRUE(world.ask(world.engine().delete_application(world.somebody, "shop", {}, rollout::Mode::commit)).ok());
    const auto gone = [&] { return world.storage.find(rollout::keys::removal("acme", "shop")) == nullptr; };
    ASSERT_TRUE(world.until(gone, seconds(10)));
  }
}

TEST_F(Faults, AChangeOfReplicasIsAppliedAtOnceWhenNoRolloutRuns) {
  auto spec = world.shop();
  world.make_stable(spec, "1.0");
  spec.replicas = 6;
  ASSERT_TRUE(world.make_application(spec).ok());
  EXPECT_TRUE(world.until([&] { return world.provider.ready_of("shop", "1.0") == 6; }, seconds(10)));
}

TEST_F(Faults, AStopHandsBackWhatIsUnderWayAndTheNextStartGoesOn) {
  world.make_stable(world.shop(), "1.0");
  const std::string id = deploy("1.1");
  world.run_for(seconds(5));
  EXPECT_EQ(to_string(world.stop()), to_string(Status()));
  EXPECT_EQ(world.make_application(world.shop()).message, "slipwayd is stopping; try again when it is back");
  world.crash();
  world.start();
  EXPECT_TRUE(world.until_state(id, State::succeeded));
}

TEST_F(Faults, TimeInWhichNobodyLookedDoesNotCount) {
  world.make_stable(world.shop({{"weights", {50'000, 500'000}}, {"hold", "60s"}}), "1.0");
  (void)deploy("1.1");
  ASSERT_TRUE(world.until([&] { return world.provider.weight_of("shop", "1.1") == 50'000; }));
  world.run_for(seconds(30));
  world.crash();
  world.run_for(seconds(3'600));
  world.start();
  world.run_for(seconds(20));
  EXPECT_EQ(world.provider.weight_of("shop", "1.1"), 50'000U);
  EXPECT_TRUE(world.until([&] { return world.provider.weight_of("shop", "1.1") == 500'000; }, seconds(20)));
}

TEST_F(Faults, AProviderThatForgotIsToldAgain) {
  world.make_stable(world.shop({{"weights", {50'000}}, {"hold", "200s"}}), "1.0");
  (void)deploy("1.1");
  ASSERT_TRUE(world.until([&] { return world.provider.weight_of("shop", "1.1") == 50'000; }));
  const std::int64_t token = world.provider.desired("acme", "shop")->token;
  (void)world.provider.remove({"acme", "shop", token});
  EXPECT_TRUE(world.until([&] { return world.provider.ready_of("shop", "1.1") == 4; }, seconds(30)));
}

}  // namespace
}  // namespace slipway::sim
