// What people may say to a rollout, and when.
#include <gmock/gmock.h>

#include "tests/simulation/world.hpp"

namespace slipway::sim {
namespace {

using rollout::Action;
using rollout::ActionRequest;
using testing::HasSubstr;
using testing::IsEmpty;

class Commands : public testing::Test {
 protected:
  Commands() {
    world.start();
    auto spec = world.shop({{"weights", {50'000, 500'000}}, {"hold", "60s"}});
    world.make_stable(spec, "1.0");
    (void)world.make_release("shop", "1.1");
    (void)world.make_release("shop", "1.2");
  }
  ~Commands() override { EXPECT_THAT(world.provider.violations(), IsEmpty()); }

  std::string deploy(const std::string& release) {
    const auto rollout = world.deploy("shop", release);
    EXPECT_TRUE(rollout.ok()) << to_string(rollout.status());
    return rollout.ok() ? rollout->id : "";
  }
  // A canary of 1.1 with its first weight.
  std::string canary() {
    const std::string id = deploy("1.1");
    EXPECT_TRUE(world.until([&] { return world.provider.weight_of("shop", "1.1") == 50'000; }));
    return id;
  }
  std::string why_not(const Result<rollout::Rollout>& answer) {
    EXPECT_EQ(answer.status().code, Code::failed_precondition);
    return answer.status().message;
  }
  // The same by a request with an id and a trace of its own.
  rollout::Actor by(const std::string& request) const {
    return {.tenant = "acme", .subject = "ann", .trace = "00-trace-of-" + request, .request = request};
  }
  World world;
};

TEST_F(Commands, PromoteGoesOneStepFurther) {
  const std::string id = canary();
  ASSERT_TRUE(world.act(id, Action::promote).ok());
  EXPECT_TRUE(world.until([&] { return world.provider.weight_of("shop", "1.1") == 500'000; }, seconds(5)));
}

TEST_F(Commands, PromoteToTheEndLeavesOutTheOtherSteps) {
  const std::string id = canary();
  ActionRequest fully;
  fully.full = true;
  ASSERT_TRUE(world.act(id, Action::promote, fully).ok());
  EXPECT_TRUE(world.until_state(id, State::succeeded, seconds(20)));
  EXPECT_EQ(world.application("shop")->stable_release, "1.1");
}

TEST_F(Commands, APausedRolloutStandsStillAndItsClockToo) {
  const std::string id = canary();
  world.run_for(seconds(30));
  ASSERT_TRUE(world.act(id, Action::pause).ok());
  world.run_for(seconds(3600));
  EXPECT_EQ(world.provider.weight_of("shop", "1.1"), 50'000U);
  EXPECT_EQ(world.get(id)->why.waits_for, "somebody to resume it");
  ASSERT_TRUE(world.act(id, Action::resume).ok());
  world.run_for(seconds(20));
  EXPECT_EQ(world.provider.weight_of("shop", "1.1"), 50'000U) << "the hour of the pause must not count";
  EXPECT_TRUE(world.until([&] { return world.provider.weight_of("shop", "1.1") == 500'000; }, seconds(15)));
}

TEST_F(Commands, AbortReturnsAllTrafficWithinASecondAndThenRemovesTheReplicas) {
  const std::string id = canary();
  ASSERT_TRUE(world.act(id, Action::abort).ok());
  EXPECT_TRUE(world.until([&] { return world.provider.weight_of("shop", "1.0") == kAllTraffic; }, seconds(1)));
  EXPECT_TRUE(world.until_state(id, State::rolled_back, seconds(20)));
  EXPECT_EQ(world.provider.ready_of("shop", "1.1"), 0);
  EXPECT_THAT(world.get(id)->why.reason, HasSubstr("back at 1.0: aborted by ann"));
}

TEST_F(Commands, AbortWorksWhileTheStrategyIsStuck) {
  const std::string id = canary();
  world.fate = [](int, std::string_view binding, std::uint32_t) {
    return binding.starts_with("strategies.") ? World::Fate::hang : World::Fate::good;
  };
  world.run_for(seconds(20));
  ASSERT_TRUE(world.act(id, Action::abort).ok());
  EXPECT_TRUE(world.until([&] { return world.provider.weight_of("shop", "1.0") == kAllTraffic; }, seconds(1)));
  EXPECT_TRUE(world.until_state(id, State::rolled_back, seconds(20)));
}

TEST_F(Commands, ARolledBackRolloutCanBeTriedAgain) {
  const std::string id = canary();
  ASSERT_TRUE(world.act(id, Action::abort).ok());
  ASSERT_TRUE(world.until_state(id, State::rolled_back));
  const auto again = world.act(id, Action::retry);
  ASSERT_TRUE(again.ok()) << to_string(again.status());
  EXPECT_EQ(again->attempt, 2);
  EXPECT_TRUE(world.until_state(id, State::succeeded));
  EXPECT_EQ(world.application("shop")->stable_release, "1.1");
}

TEST_F(Commands, WhatIsTriedAgainIsCheckedAgain) {
  auto spec = *world.application("shop");
  auto settings = *parse_json(spec.spec.strategy.settings.text);
  settings["analysis"] = "errors";
  spec.spec.strategy.settings = json_text(settings);
  ASSERT_TRUE(world.make_application(spec.spec).ok());
  const std::string id = canary();
  ASSERT_TRUE(world.act(id, Action::abort).ok());
  ASSERT_TRUE(world.until_state(id, State::rolled_back));
  spec.spec.analyses.clear();
  ASSERT_TRUE(world.make_application(spec.spec).ok());
  const auto again = world.act(id, Action::retry);
  EXPECT_EQ(again.status().code, Code::invalid_argument);
  ASSERT_EQ(again.status().problems.size(), 1U) << to_string(again.status());
  EXPECT_EQ(again.status().problems[0].path, "/strategy/settings/analysis");
  EXPECT_EQ(world.state_of(id), State::rolled_back);

  spec.spec.analyses = world.shop().analyses;
  ASSERT_TRUE(world.make_application(spec.spec).ok());
  EXPECT_TRUE(world.act(id, Action::retry).ok());
}

TEST_F(Commands, ARetryOfAReleaseThatIsGoneIsRefused) {
  const std::string id = canary();
  ASSERT_TRUE(world.act(id, Action::abort).ok());
  ASSERT_TRUE(world.until_state(id, State::rolled_back));
  storage::WriteRequest loss{.batch = "loss"};
  loss.removes.push_back(rollout::keys::release("acme", "shop", "1.1"));
  (void)world.storage.write(loss);
  EXPECT_EQ(world.act(id, Action::retry).status().code, Code::not_found);
}

TEST_F(Commands, ARolloutThatHasEndedIsRolledBackByANewOneToTheReleaseBefore) {
  const std::string id = deploy("1.1");
  ASSERT_TRUE(world.until_state(id, State::succeeded));
  const auto back = world.act(id, Action::rollback);
  ASSERT_TRUE(back.ok()) << to_string(back.status());
  EXPECT_EQ(back->kind, "rollback");
  EXPECT_EQ(back->to_release, "1.0");
  EXPECT_TRUE(world.until_state(back->id, State::succeeded)) << encode_text(*world.get(back->id));
  EXPECT_EQ(world.application("shop")->stable_release, "1.0");
  EXPECT_EQ(world.provider.weight_of("shop", "1.0"), kAllTraffic);
}

TEST_F(Commands, ARollbackToAReleaseThatNeverServedIsRefused) {
  const std::string id = deploy("1.1");
  ASSERT_TRUE(world.until_state(id, State::succeeded));
  ActionRequest to;
  to.to = "1.2";
  EXPECT_EQ(why_not(world.act(id, Action::rollback, to)),
            "release 1.2 of shop has never served well, so it is nothing to go back to; deploy it");
}

TEST_F(Commands, ASecondRolloutIsRefusedAndTheSentenceNamesTheWayOut) {
  const std::string id = canary();
  EXPECT_EQ(why_not(world.deploy("shop", "1.2")), "rollout " + id +
                                                      " to 1.1 is under way for shop (progressing); abort it, wait for "
                                                      "its end, or start with supersede=replace");
}

TEST_F(Commands, AReplacedRolloutEndsAndItsReplicasGoBeforeTheNewOneBegins) {
  const std::string id = canary();
  const auto next = world.deploy("shop", "1.2", rollout::Supersede::replace);
  ASSERT_TRUE(next.ok()) << to_string(next.status());
  EXPECT_EQ(world.state_of(id), State::superseded);
  EXPECT_THAT(world.get(id)->why.reason, HasSubstr("superseded by rollout " + next->id));
  EXPECT_TRUE(world.until([&] { return world.provider.weight_of("shop", "1.0") == kAllTraffic; }, seconds(1)));
  EXPECT_TRUE(world.until([&] { return world.provider.weight_of("shop", "1.2") == 50'000; }));
  EXPECT_EQ(world.provider.ready_of("shop", "1.1"), 0);
  EXPECT_TRUE(world.until_state(next->id, State::succeeded));
}

TEST_F(Commands, ARolloutAbortedWhileItClearsWhatItReplacedEndsAtTheStableRelease) {
  (void)canary();
  world.provider.behave("1.1", {.stop = seconds(10)});
  const auto next = world.deploy("shop", "1.2", rollout::Supersede::replace);
  ASSERT_TRUE(next.ok()) << to_string(next.status());
  ASSERT_TRUE(world.until([&] { return world.provider.weight_of("shop", "1.0") == kAllTraffic; }, seconds(1)));
  ASSERT_EQ(world.state_of(next->id), State::pending);

  const auto aborted = world.act(next->id, Action::abort);
  ASSERT_TRUE(aborted.ok()) << to_string(aborted.status());
  EXPECT_EQ(aborted->state, State::rolling_back);
  ASSERT_TRUE(world.until_state(next->id, State::rolled_back, seconds(30)));
  EXPECT_EQ(world.get(next->id)->why.reason, "back at 1.0: aborted by ann");
  EXPECT_EQ(world.provider.orders().back().groups.size(), 1U);
  for (const auto& order : world.provider.orders()) {
    for (const auto& group : order.groups) EXPECT_NE(group.release.version, "1.2");
  }
  EXPECT_EQ(world.provider.weight_of("shop", "1.0"), kAllTraffic);
  EXPECT_EQ(world.application("shop")->stable_release, "1.0");
}

TEST_F(Commands, WhatHasNotBeenLookedAtYetIsNotShownAsZero) {
  const std::string id = canary();
  ASSERT_EQ(world.get(id)->groups.size(), 2U);
  EXPECT_EQ(world.get(id)->groups[0].ready, 4);
  world.crash();
  world.fate = [](int, std::string_view binding, std::uint32_t) {
    return binding == "provider" ? World::Fate::hang : World::Fate::good;
  };
  world.start();
  world.run_for(seconds(1));
  const auto unseen = world.get(id);
  ASSERT_EQ(unseen->groups.size(), 2U);
  EXPECT_EQ(unseen->groups[0].replicas, 4);
  EXPECT_EQ(unseen->groups[0].ready, std::nullopt);
  EXPECT_EQ(unseen->groups[0].weight, std::nullopt);
}

TEST_F(Commands, WhatIsNotPossibleIsRefusedWithWhatIs) {
  const std::string id = canary();
  EXPECT_EQ(why_not(world.act(id, Action::resume)),
            "rollout " + id +
                " of shop is progressing: it is not paused; possible now: promote, approve, skip, pause, abort, "
                "rollback (asked for: resume)");
  EXPECT_THAT(why_not(world.act(id, Action::approve)), HasSubstr("no approval is waited for"));
  EXPECT_THAT(why_not(world.act(id, Action::retry)), HasSubstr("it has not ended"));
}

TEST_F(Commands, OfTwoWordsWithTheSameVersionOneWins) {
  const std::string id = canary();
  const std::string version = world.get(id)->version;
  auto pause = world.engine().act(world.somebody, id, Action::pause, {}, version, rollout::Mode::commit);
  auto abort = world.engine().act(world.somebody, id, Action::abort, {}, version, rollout::Mode::commit);
  EXPECT_TRUE(world.ask(std::move(pause)).ok());
  EXPECT_EQ(world.ask(std::move(abort)).status().code, Code::aborted);
}

TEST_F(Commands, ADryRunChangesNothing) {
  const std::string id = canary();
  const std::string version = world.get(id)->version;
  auto dry = world.engine().act(world.somebody, id, Action::abort, {}, {}, rollout::Mode::dry_run);
  EXPECT_EQ(world.ask(std::move(dry))->state, State::rolling_back);
  EXPECT_EQ(world.get(id)->version, version);
}

class Gates : public Commands {
 protected:
  void guard(const std::string& gate, rollout::GateMoment at) {
    auto spec = world.application("shop")->spec;
    spec.gates.push_back({.gate = gate, .at = at, .settings = Json::object(), .message = "sure?"});
    ASSERT_TRUE(world.make_application(spec).ok());
  }
};

TEST_F(Gates, AnApprovalBeforeTheStartWaitsForAPerson) {
  guard("approval", rollout::GateMoment::start);
  const std::string id = deploy("1.1");
  world.run_for(seconds(120));
  EXPECT_EQ(world.state_of(id), State::pending);
  EXPECT_EQ(world.provider.ready_of("shop", "1.1"), 0);
  ASSERT_TRUE(world.act(id, Action::approve).ok());
  EXPECT_TRUE(world.until_state(id, State::succeeded));
}

TEST_F(Gates, AFrozenStartIsAskedAgainUntilItIsFree) {
  world.gate.answer = {.state = strategy::GateState::pending, .reason = "frozen until Monday"};
  guard("freeze", rollout::GateMoment::start);
  const std::string id = deploy("1.1");
  world.run_for(seconds(100));
  EXPECT_EQ(world.state_of(id), State::pending);
  EXPECT_THAT(world.get(id)->why.details, testing::Contains("gate freeze is pending: frozen until Monday"));
  EXPECT_GE(world.gate.asked, 3);
  world.gate.answer.state = strategy::GateState::open;
  EXPECT_TRUE(world.until_state(id, State::succeeded));
}

TEST_F(Gates, OneThatIsNotThereOrCanNotBeAskedIsSaidBeforeTheStart) {
  guard("freeze", rollout::GateMoment::promote);
  Code code = Code::not_found;
  world.plugins["gates.freeze"] = [&code](auto&&...) { return Status(code, "it is away"); };
  const Status missing = world.deploy("shop", "1.1").status();
  ASSERT_EQ(missing.problems.size(), 1U) << to_string(missing);
  EXPECT_EQ(missing.problems[0].path, "/gates/0/gate");
  EXPECT_EQ(missing.problems[0].message, "is no gate of the profile, and not \"approval\"");
  code = Code::unavailable;
  EXPECT_EQ(to_string(world.deploy("shop", "1.1").status()), "UNAVAILABLE: gate \"freeze\" can't be asked: it is away");
  world.plugins.clear();
  EXPECT_TRUE(world.deploy("shop", "1.1").ok());
}

TEST_F(Gates, AClosedGateBeforePromotionGoesBack) {
  world.gate.answer = {.state = strategy::GateState::closed, .reason = "the ticket was declined"};
  guard("freeze", rollout::GateMoment::promote);
  const std::string id = deploy("1.1");
  EXPECT_TRUE(world.until_state(id, State::rolled_back));
  EXPECT_THAT(world.get(id)->why.reason, HasSubstr("gate freeze is closed: the ticket was declined"));
  EXPECT_EQ(world.application("shop")->stable_release, "1.0");
}

TEST_F(Commands, EachEntryOfTheJournalNamesTheRequestBehindItAndItsTrace) {
  const auto begun = world.ask(world.engine().start_rollout(by("start"), {.application = "shop", .release = "1.1"}));
  ASSERT_TRUE(world.until([&] { return world.provider.weight_of("shop", "1.1") == 50'000; }));
  const auto act = [&](const std::string& request, Action action) {
    return world.ask(world.engine().act(by(request), begun->id, action, {}, {}, rollout::Mode::commit)).ok();
  };
  ASSERT_TRUE(act("pause", Action::pause) && act("resume", Action::resume) && act("abort", Action::abort));
  ASSERT_TRUE(world.until_state(begun->id, State::rolled_back));
  ASSERT_TRUE(act("retry", Action::retry));
  const auto second = world.ask(world.engine().start_rollout(
      by("replace"), {.application = "shop", .release = "1.2", .supersede = rollout::Supersede::replace}));
  ASSERT_TRUE(second.ok());
  std::vector<std::string> requests;
  for (const auto& entry : world.journal(begun->id)) {
    const std::string& request = entry.request_id;
    EXPECT_EQ(entry.traceparent, "00-trace-of-" + (request.empty() ? "start" : request)) << encode_text(entry);
    if (!request.empty()) requests.push_back(request);
  }
  EXPECT_THAT(requests, testing::ElementsAre("start", "pause", "resume", "abort", "retry", "replace"));
}

TEST_F(Commands, ADryRunOfAnyActionLeavesVersionAndJournalAsTheyWere) {
  const auto dry = [&](const std::string& id, Action action) {
    const auto before = *world.get(id);
    const auto entries = world.journal(id).size();
    const auto answer = world.ask(world.engine().act(world.somebody, id, action, {}, {}, rollout::Mode::dry_run));
    EXPECT_TRUE(answer.ok()) << to_name(action) << ": " << to_string(answer.status());
    EXPECT_EQ(world.get(id)->version, before.version) << to_name(action);
    EXPECT_EQ(world.get(id)->state, before.state) << to_name(action);
    EXPECT_EQ(world.journal(id).size(), entries) << to_name(action);
  };
  const std::string id = canary();
  for (const Action action : {Action::promote, Action::skip, Action::pause, Action::abort, Action::rollback})
    dry(id, action);
  ASSERT_TRUE(world.act(id, Action::pause).ok());
  dry(id, Action::resume);
  ASSERT_TRUE(world.act(id, Action::abort).ok());
  ASSERT_TRUE(world.until_state(id, State::rolled_back));
  dry(id, Action::retry);
  const std::string other = deploy("1.2");
  ASSERT_TRUE(world.until_state(other, State::succeeded));
  dry(other, Action::rollback);
  EXPECT_EQ(world.ask(world.engine().rollouts(world.somebody, {}, {}))->items.size(), 3U);
}

TEST_F(Commands, ADryRunOfReleaseAndRemovalLeavesNothingBehind) {
  const auto events = world.storage.stream("acme", "events").size();
  const rollout::ReleaseRequest request{.release = {.version = "1.3", .command = {"/bin/app"}}};
  EXPECT_TRUE(world.ask(world.engine().create_release(world.somebody, "shop", request, rollout::Mode::dry_run)).ok());
  EXPECT_EQ(world.ask(world.engine().release(world.somebody, "shop", "1.3")).status().code, Code::not_found);
  EXPECT_TRUE(world.ask(world.engine().delete_application(world.somebody, "shop", {}, rollout::Mode::dry_run)).ok());
  world.run_for(seconds(5));
  EXPECT_TRUE(world.application("shop").ok());
  EXPECT_EQ(world.provider.weight_of("shop", "1.0"), kAllTraffic);
  EXPECT_EQ(world.storage.stream("acme", "events").size(), events);
}

TEST_F(Commands, WhoComesWhenTooManyWaitAlreadyIsRefusedAndCounted) {
  const std::string id = canary();
  using Answer = std::optional<Result<rollout::Rollout>>;
  std::vector<std::shared_ptr<Answer>> answers;
  for (int i = 0; i < 60; ++i) {
    answers.push_back(std::make_shared<Answer>());
    world.begin(world.engine().act(world.somebody, id, i % 2 == 0 ? Action::pause : Action::resume, {}, {},
                                   rollout::Mode::commit),
                answers.back());
  }
  ASSERT_TRUE(world.until([&] {
    return std::all_of(answers.begin(), answers.end(), [](const auto& answer) { return answer->has_value(); });
  }));
  const auto refused = std::count_if(answers.begin(), answers.end(), [](const auto& answer) {
    return (*answer)->status().code == Code::resource_exhausted;
  });
  EXPECT_GT(refused, 0);
  EXPECT_THAT(world.numbers(), HasSubstr("slipway_queue_refused_total{queue=\"requests\"} " + std::to_string(refused)));
}

TEST_F(Gates, ADryRunOfAnApprovalApprovesNothing) {
  guard("approval", rollout::GateMoment::start);
  const std::string id = deploy("1.1");
  const auto entries = world.journal(id).size();
  EXPECT_TRUE(world.ask(world.engine().act(world.somebody, id, Action::approve, {}, {}, rollout::Mode::dry_run)).ok());
  world.run_for(seconds(60));
  EXPECT_EQ(world.state_of(id), State::pending);
  EXPECT_EQ(world.journal(id).size(), entries);
}

// What rollouts wait for, as the metric has it.
class Waiting : public Gates {
 protected:
  bool waits_for(rollout::Parked kind) {
    return world.until([&] { return world.engine().parked().at(kind) == 1; }, seconds(30));
  }
  std::size_t all() {
    std::size_t sum = 0;
    for (const auto& [kind, number] : world.engine().parked()) sum += number;
    return sum;
  }
};

TEST_F(Waiting, IsToldByWhatItIsFor) {
  using rollout::Parked;
  EXPECT_EQ(all(), 0U);
  const std::string id = canary();
  EXPECT_TRUE(waits_for(Parked::time));
  ASSERT_TRUE(world.act(id, Action::pause).ok());
  EXPECT_TRUE(waits_for(Parked::approval));
  ASSERT_TRUE(world.act(id, Action::abort).ok());
  ASSERT_TRUE(world.until_state(id, State::rolled_back));
  world.run_for(seconds(1));
  EXPECT_EQ(all(), 0U);
  world.gate.answer = {.state = strategy::GateState::pending, .reason = "frozen until Monday"};
  guard("freeze", rollout::GateMoment::start);
  (void)deploy("1.2");
  EXPECT_TRUE(waits_for(Parked::gate));
}

TEST_F(Waiting, APluginThatDoesNotAnswerOrFailsIsToldAsSuch) {
  auto fate = World::Fate::hang;
  world.fate = [&](int, std::string_view to, std::uint32_t method) {
    const bool looks = to == "provider" && method == provider::Interface::index_of<provider::Observe>();
    return looks ? fate : World::Fate::good;
  };
  const std::string id = deploy("1.1");
  EXPECT_TRUE(waits_for(rollout::Parked::plugin));
  fate = World::Fate::fail_before;
  world.run_for(seconds(60));
  EXPECT_TRUE(waits_for(rollout::Parked::plugin));
  fate = World::Fate::good;
  EXPECT_TRUE(world.until_state(id, State::succeeded));
}

}  // namespace
}  // namespace slipway::sim
