// Generations on trial, the time in which a change may be taken back, and what is kept afterwards.
#include <gmock/gmock.h>

#include <atomic>

#include "tests/support/eventually.hpp"
#include "tests/unit/host/lifecycle/apply_rig.hpp"

namespace slipway::lifecycle {
namespace {

using test::eventually;
using ::testing::ElementsAre;
using ::testing::HasSubstr;

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
  std::atomic<int> waited{0};
  options.watch = {.bake = milliseconds(200), .look = milliseconds(5)};
  options.watch.waits = [&](const std::string& why) {
    waited += why == "another change of what runs is under way: another change; try again when it is done" ? 1 : 0;
  };
  ASSERT_EQ(to_string(apply(std::move(options))), "OK: ");
  {
    const auto turn = lifecycle_.take_turn("another change");
    ASSERT_TRUE(turn.ok());
    for (int i = 0; i < 20; ++i) (void)said("gates.alpha");
    // So many looks are longer than the time for a return.
    ASSERT_TRUE(eventually([&] { return waited > 50; }));
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
  options.try_out->judge = [](Tried tried) -> boost::asio::awaitable<Opinion> {
    if (tried.fresh.calls < 25 || tried.old.calls < 75) co_return Opinion{};
    co_return Opinion{Word::fail, std::to_string(tried.fresh.faults) + " of " + std::to_string(tried.fresh.calls) +
                                      " against " + std::to_string(tried.old.faults)};
  };
  auto end = std::async(std::launch::async, [&] { return apply(std::move(options)); });
  ASSERT_TRUE(eventually([&] { return routes_.capture()->find("gates.alpha")->trial != nullptr; }));
  for (int i = 0; i < 100; ++i) (void)said("gates.alpha");
  EXPECT_EQ(end.get(), Status(Code::aborted, "gate-alpha 1.1.0 was withdrawn: 25 of 25 against 0"));
  EXPECT_THAT(versions(), ElementsAre("alpha 1.0.0 active"));
  EXPECT_THAT(said("gates.alpha"), HasSubstr("it is a fixture"));
  EXPECT_TRUE(stop().ok());
}

// gate-alpha counts three calls, hands over to 1.1.0, which takes five more, and comes back then.
class Returns : public Applying {
 protected:
  static Json snapshot(Json reads = {1}, int writes = 1) {
    return {{"state", {{"kind", "snapshot"}, {"reads", std::move(reads)}, {"writes", writes}}}};
  }
  // Why.
  std::string come_back(const std::string& old, const std::string& fresh, Json more) {
    add("alpha", old, {}, snapshot());
    EXPECT_TRUE(start().ok());
    for (int i = 0; i < 3; ++i) (void)said("gates.alpha");
    upgrade("alpha", fresh, "1.1.0", std::move(more));
    std::promise<std::string> returned;
    ApplyOptions options;
    // Even no fault at all is too many of them.
    options.watch = {.bake = seconds(600), .fault_ratio = -1, .calls = 5, .look = milliseconds(2)};
    options.watch.returned = [&](std::string reason) -> boost::asio::awaitable<void> {
      returned.set_value(std::move(reason));
      co_return;
    };
    EXPECT_EQ(to_string(apply(std::move(options))), "OK: ");
    for (int i = 0; i < 5; ++i) (void)said("gates.alpha");
    auto reason = returned.get_future().get();
    EXPECT_EQ(versions().at(0), "alpha 1.0.0 active");
    return reason;
  }
  // It goes on from the three calls of the hand-over.
  void expect_dropped(const std::string& old, const std::string& fresh, Json more, const std::string& why) {
    EXPECT_EQ(
        come_back(old, fresh, std::move(more)),
        std::string(kWhy) + "; what gate-alpha 1.1.0 took in since it followed gate-alpha 1.0.0 is dropped: " + why);
    EXPECT_THAT(said("gates.alpha"), HasSubstr("call 4"));
  }
  ~Returns() override { EXPECT_TRUE(stop().ok()); }

  static constexpr const char* kWhy =
      "0 of 5 calls of gate-alpha 1.1.0 as \"alpha\" failed, more than the -100% allowed";
};

TEST_F(Returns, WhatTheNewOneTookInMeanwhileComesBackToo) {
  EXPECT_EQ(come_back("counts", "counts", snapshot()), kWhy);
  EXPECT_THAT(said("gates.alpha"), HasSubstr("call 9"));
}

TEST_F(Returns, WhatTheOldOneDoesNotReadIsDroppedByName) {
  expect_dropped("counts", "counts", snapshot({1, 2}, 2),
                 "it writes state of version 2, which gate-alpha 1.0.0 does not read");
}

TEST_F(Returns, WhatTheNewOneCanNotTellIsDroppedByName) {
  expect_dropped("counts", "export_fails", snapshot(), "its state can't be exported: its memory has a hole");
}

TEST_F(Returns, WhatTheOldOneRefusesIsDroppedByNameAndItGoesOnFromTheHandOver) {
  expect_dropped("counts_to_five", "counts", snapshot(), "it can't take over the state: it does not count so far");
}

TEST_F(Returns, OneWithoutASnapshotLetsTheOldOneGoOnFromWhereItWas) {
  EXPECT_EQ(come_back("counts", "counts", {{"state", {{"kind", "external"}, {"reads", {1}}}}}), kWhy);
  EXPECT_THAT(said("gates.alpha"), HasSubstr("call 4"));
}

// A trial of gate-alpha 1.1.0 in which `calls` calls, dealt out to both sides, are followed by `opinion`, again and
// again.
class Trials : public Applying {
 protected:
  static constexpr Duration kShort = milliseconds(20);

  Status try_out(int calls, Opinion opinion, Duration length = kShort) {
    add("alpha", "sound");
    EXPECT_TRUE(start().ok());
    upgrade("alpha", "counts", "1.1.0");
    ApplyOptions options;
    options.try_out = {.share = 500'000, .length = length, .look = milliseconds(2)};
    options.try_out->judge = [this, calls, opinion](const Tried&) mutable -> boost::asio::awaitable<Opinion> {
      const std::string binding = "gates.alpha";
      for (; calls > 0; --calls) (void)co_await ask(binding);
      co_return opinion;
    };
    options.try_out->passed = [this](std::string reason) { promoted_ = std::move(reason); };
    return apply(std::move(options));
  }
  isolation::WorkerStatus worker_of(const std::string& version) const {
    for (const PluginStatus& one : lifecycle_.status())
      if (one.version == version && one.worker) return *one.worker;
    return {};
  }
  ~Trials() override { EXPECT_TRUE(stop().ok()); }

  std::string promoted_;
};

TEST_F(Trials, APassPromotesAtOnceAndSaysWhy) {
  EXPECT_EQ(to_string(try_out(2, {Word::pass, "it is good"}, seconds(600))), "OK: ");
  EXPECT_EQ(promoted_, "it is good");
  EXPECT_EQ(versions().at(0), "alpha 1.1.0 active");
}

TEST_F(Trials, WithoutAVerdictItIsPromotedAtTheEndWhenBothHadEnoughCalls) {
  EXPECT_EQ(to_string(try_out(40, {Word::proceed, "nothing against it"})), "OK: ");
  EXPECT_EQ(promoted_, "nothing against it");
  EXPECT_EQ(versions().at(0), "alpha 1.1.0 active");
}

TEST_F(Trials, WithoutAVerdictTooFewCallsWithdrawIt) {
  EXPECT_EQ(try_out(39, {Word::proceed, "nothing against it"}),
            Status(Code::aborted,
                   "gate-alpha 1.1.0 was withdrawn: its trial is over without a verdict: it was called 19 times and "
                   "the old one 20 times, and 20 calls of each are wanted; try it longer, or with another share"));
  EXPECT_THAT(versions(), ElementsAre("alpha 1.0.0 active"));
  EXPECT_EQ(promoted_, "");
}

class TrialsWithoutACall : public Trials, public testing::WithParamInterface<Word> {};

TEST_P(TrialsWithoutACall, AreNoSuccess) {
  EXPECT_EQ(try_out(0, {GetParam(), "nothing was seen"}),
            Status(Code::aborted,
                   "gate-alpha 1.1.0 was withdrawn: its trial is over without a verdict: it was not called once; try "
                   "it longer, or with a larger share"));
  EXPECT_THAT(versions(), ElementsAre("alpha 1.0.0 active"));
}

INSTANTIATE_TEST_SUITE_P(AnyWord, TrialsWithoutACall, testing::Values(Word::proceed, Word::pass, Word::unknown));

TEST_F(Trials, AWordThatNothingCanBeBuiltOnWithdrawsItAtTheEnd) {
  EXPECT_EQ(try_out(40, {Word::unknown, "nobody knows"}),
            Status(Code::aborted, "gate-alpha 1.1.0 was withdrawn: its trial is over without a verdict: nobody knows"));
  EXPECT_THAT(versions(), ElementsAre("alpha 1.0.0 active"));
}

TEST_F(Trials, ACrashOfItsWorkerWithdrawsItWhateverIsSaidOfItsCalls) {
  profile_.plugins["alpha"].placement = manifest::Placement::isolated;
  add("alpha", "sound");
  ASSERT_TRUE(start().ok());
  upgrade("alpha", "counts", "1.1.0");
  ApplyOptions options;
  options.try_out = {.share = 500'000, .length = seconds(600), .look = milliseconds(2)};
  options.try_out->judge = [this](const Tried&) -> boost::asio::awaitable<Opinion> {
    const std::string binding = "gates.alpha";
    for (int i = 0; i < 4; ++i) (void)co_await ask(binding);
    const auto process = worker_of("1.1.0").process;
    EXPECT_GT(process, 0) << "0 is no process, but a whole group of them";
    if (process > 0) ::kill(process, SIGKILL);
    EXPECT_TRUE(eventually([this] {
      return worker_of("1.1.0").restarts == 1 && worker_of("1.1.0").state == isolation::WorkerState::running;
    }));
    co_return Opinion{Word::pass, "it is good"};
  };
  options.try_out->passed = [this](std::string reason) { promoted_ = std::move(reason); };
  EXPECT_EQ(apply(std::move(options)),
            Status(Code::aborted, "gate-alpha 1.1.0 was withdrawn: it crashed: its worker ended by signal 9 (Killed)"));
  EXPECT_EQ(promoted_, "");
  EXPECT_THAT(versions(), ElementsAre("alpha 1.0.0 active"));
}

TEST_F(Applying, AHostThatStopsWithdrawsWhatItTries) {
  add("alpha", "sound");
  ASSERT_TRUE(start().ok());
  upgrade("alpha", "counts", "1.1.0");
  ApplyOptions options;
  options.try_out = {.share = 500'000, .length = seconds(600), .look = milliseconds(2)};
  options.try_out->judge = [](const Tried&) -> boost::asio::awaitable<Opinion> {
    co_return Opinion{Word::proceed, "nothing against it"};
  };
  auto end = std::async(std::launch::async, [&] { return apply(std::move(options)); });
  ASSERT_TRUE(eventually([&] { return routes_.capture()->find("gates.alpha")->trial != nullptr; }));
  EXPECT_TRUE(stop().ok());
  EXPECT_EQ(end.get(),
            Status(Code::aborted, "gate-alpha 1.1.0 was withdrawn: the host stops before its trial is over"));
}

TEST_F(Applying, AWithdrawnTrialIsKeptUnderItsNameForThoseWhoWentOverToIt) {
  add("alpha", "sound");
  ASSERT_TRUE(start().ok());
  upgrade("alpha", "counts", "1.1.0");
  ApplyOptions options;
  options.try_out = {.share = 500'000, .length = seconds(30), .look = milliseconds(5)};
  options.try_out->judge = [this](const Tried&) -> boost::asio::awaitable<Opinion> {
    const std::string binding = "gates.alpha";
    for (int i = 0; i < 2; ++i) (void)co_await ask(binding);
    users_["gates.alpha 1.1.0"] = 1;
    co_return Opinion{Word::fail, "not good enough"};
  };
  EXPECT_EQ(apply(std::move(options)).message, "gate-alpha 1.1.0 was withdrawn: not good enough");
  EXPECT_THAT(versions(), ElementsAre("alpha 1.0.0 active", "alpha 1.1.0 warm"));
  EXPECT_THAT(said("gates.alpha"), HasSubstr("it is a fixture"));
  EXPECT_THAT(said("gates.alpha@1.1.0"), HasSubstr("call 2"));
  users_["gates.alpha 1.1.0"] = 0;
  EXPECT_TRUE(eventually([&] { return versions().size() == 1; }));
  EXPECT_THAT(said("gates.alpha@1.1.0"), HasSubstr("NOT_FOUND"));
  EXPECT_TRUE(stop().ok());
}

TEST_F(Applying, AfterAReturnTheNewGenerationIsKeptForThoseWhoWentOverToIt) {
  add("alpha", "sound");
  ASSERT_TRUE(start().ok());
  users_["gates.alpha 1.1.0"] = 1;
  upgrade("alpha", "gate_answers_no_status", "1.1.0");
  ApplyOptions options;
  options.watch = {.bake = seconds(30), .look = milliseconds(5)};
  ASSERT_EQ(to_string(apply(std::move(options))), "OK: ");
  for (int i = 0; i < 20; ++i) (void)said("gates.alpha");
  EXPECT_TRUE(eventually([&] { return versions().at(0) == "alpha 1.0.0 active"; }));
  EXPECT_THAT(versions(), ElementsAre("alpha 1.0.0 active", "alpha 1.1.0 warm"));
  EXPECT_THAT(said("gates.alpha@1.1.0"), HasSubstr("INTERNAL"));
  users_["gates.alpha 1.1.0"] = 0;
  EXPECT_TRUE(eventually([&] { return versions().size() == 1; }));
  EXPECT_TRUE(stop().ok());
}

TEST_F(Applying, ARevokedGenerationIsKeptForNobodyAfterTheNextChange) {
  add("alpha", "sound");
  ASSERT_TRUE(start().ok());
  users_["gates.alpha 1.0.0"] = 1;
  upgrade("alpha", "counts", "1.1.0");
  ASSERT_EQ(to_string(apply()), "OK: ");
  ASSERT_TRUE(eventually([&] { return lifecycle_.status().at(1).reason == "kept for 1 rollouts that began with it"; }));
  revoked_["gate-alpha 1.0.0"] = true;
  EXPECT_EQ(to_string(apply()), "OK: ");
  EXPECT_TRUE(eventually([&] { return versions().size() == 1; }));
  EXPECT_THAT(versions(), ElementsAre("alpha 1.1.0 active"));
  EXPECT_THAT(said("gates.alpha@1.0.0"), HasSubstr("NOT_FOUND"));
  EXPECT_TRUE(stop().ok());
}

TEST_F(Applying, ARevokedGenerationIsNotKeptForAReturn) {
  add("alpha", "sound");
  ASSERT_TRUE(start().ok());
  revoked_["gate-alpha 1.0.0"] = true;
  upgrade("alpha", "gate_answers_no_status", "1.1.0");
  ApplyOptions options;
  options.watch = {.bake = seconds(600), .look = milliseconds(5)};
  EXPECT_EQ(to_string(apply(std::move(options))), "OK: ");
  EXPECT_TRUE(eventually([&] { return versions().size() == 1; }));
  EXPECT_THAT(versions(), ElementsAre("alpha 1.1.0 active"));
  EXPECT_TRUE(stop().ok());
}

TEST_F(Applying, ATrialMakesRoomForWhatCanNotWait) {
  add("alpha", "sound");
  ASSERT_TRUE(start().ok());
  upgrade("alpha", "counts", "1.1.0");
  ApplyOptions options;
  options.try_out = {.share = 500'000, .length = seconds(600), .look = milliseconds(2)};
  options.try_out->judge = [](const Tried&) -> boost::asio::awaitable<Opinion> {
    co_return Opinion{Word::proceed, "nothing against it"};
  };
  auto end = std::async(std::launch::async, [&] { return apply(std::move(options)); });
  ASSERT_TRUE(eventually([&] { return routes_.capture()->find("gates.alpha")->trial != nullptr; }));
  {
    const auto turn = await_on(runtime_, lifecycle_.take_turn_urgently("the end of revoked plugins"));
    EXPECT_NE(turn, nullptr);
    EXPECT_EQ(end.get(), Status(Code::aborted,
                                "gate-alpha 1.1.0 was withdrawn: its trial makes room for the end of "
                                "revoked plugins"));
    EXPECT_THAT(versions(), ElementsAre("alpha 1.0.0 active"));
  }
  EXPECT_EQ(to_string(apply()), "OK: ") << "the next one is let in";
  EXPECT_TRUE(stop().ok());
}

TEST_F(Applying, ASecondChangeMeanwhileIsRefused) {
  add("alpha", "sound");
  ASSERT_TRUE(start().ok());
  upgrade("alpha", "counts", "1.1.0");
  std::atomic<bool> over{false};
  ApplyOptions options;
  options.try_out = {.share = 1, .length = seconds(30), .look = milliseconds(2)};
  options.try_out->judge = [&](const Tried&) -> boost::asio::awaitable<Opinion> {
    co_return Opinion{over ? Word::fail : Word::proceed, "enough"};
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
