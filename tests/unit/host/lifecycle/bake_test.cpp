// What sends the host back in the time after a change, and what becomes of that time when another change comes.
#include <gmock/gmock.h>

#include <atomic>

#include "tests/support/eventually.hpp"
#include "tests/unit/host/lifecycle/apply_rig.hpp"

namespace slipway::lifecycle {
namespace {

using test::eventually;
using ::testing::Contains;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::Not;

// gate-alpha 1.0.0 is sound, 1.1.0 fails when it is asked to.
class Baking : public Applying {
 protected:
  void begin(const std::string& fixture = "gate_fails_on_demand", const Json& more = Json::object()) {
    add("alpha", "sound", {}, more);
    ASSERT_TRUE(start().ok());
    upgrade("alpha", fixture, "1.1.0", more);
  }
  ApplyOptions baked(Duration bake) {
    ApplyOptions options;
    options.watch = {.bake = bake, .look = milliseconds(1)};
    options.watch.returned = [this](std::string reason) -> boost::asio::awaitable<void> {
      returned_.set_value(std::move(reason));
      co_return;
    };
    options.watch.ended = [this]() -> boost::asio::awaitable<void> {
      over_ = true;
      co_return;
    };
    options.watch.waits = [this](const std::string&) { waits_ = true; };
    return options;
  }
  void good(int calls) {
    for (int i = 0; i < calls; ++i) EXPECT_THAT(said("gates.alpha"), HasSubstr("it is a fixture"));
  }
  void bad(int calls) {
    for (int i = 0; i < calls; ++i) (void)await_on(runtime_, ask("gates.alpha", seconds(5), R"({"word":"fail"})"));
  }
  // Why it went back; empty when it has not.
  std::string reason() {
    auto reason = returned_.get_future();
    return reason.wait_for(std::chrono::seconds(10)) == std::future_status::ready ? reason.get() : "";
  }

  std::promise<std::string> returned_;
  std::atomic<bool> over_{false};
  std::atomic<bool> waits_{false};
};

const Json kExternal{{"state", {{"kind", "external"}}}};

TEST_F(Baking, TheGoodCallsOfItsTrialDoNotHideAFailure) {
  begin();
  ApplyOptions options = baked(seconds(600));
  options.try_out = {.share = 500'000, .length = seconds(600), .look = milliseconds(2)};
  options.try_out->judge = [this](const Tried&) -> boost::asio::awaitable<Opinion> {
    for (int i = 0; i < 2'000; ++i) (void)co_await ask("gates.alpha");
    co_return Opinion{Word::pass, "it is good"};
  };
  ASSERT_EQ(to_string(apply(std::move(options))), "OK: ");
  bad(20);
  EXPECT_EQ(reason(), "20 of 20 calls of gate-alpha 1.1.0 as \"alpha\" failed, more than the 5% allowed");
  EXPECT_TRUE(stop().ok());
}

TEST_F(Baking, ALateFailureIsSeenWhateverNumberOfGoodCallsWasBefore) {
  begin();
  ApplyOptions options = baked(seconds(600));
  options.watch.recent = {.time = milliseconds(1), .calls = 20};
  ASSERT_EQ(to_string(apply(std::move(options))), "OK: ");
  good(4'000);
  bad(100);
  EXPECT_THAT(reason(), HasSubstr("failed, more than the 5% allowed"));
  EXPECT_TRUE(stop().ok());
}

TEST_F(Baking, AChangeThatIsRefusedLeavesTheWayBackOfTheOneBefore) {
  begin();
  ASSERT_EQ(to_string(apply(baked(seconds(600)))), "OK: ");
  upgrade("alpha", "start_fails", "1.2.0");
  EXPECT_FALSE(apply().ok());
  EXPECT_FALSE(over_);
  EXPECT_THAT(versions(), ElementsAre("alpha 1.1.0 active", "alpha 1.0.0 warm"));
  bad(20);
  EXPECT_EQ(reason(), "20 of 20 calls of gate-alpha 1.1.0 as \"alpha\" failed, more than the 5% allowed");
  EXPECT_EQ(versions().at(0), "alpha 1.0.0 active");
  EXPECT_TRUE(stop().ok());
}

TEST_F(Baking, AChangeThatComesIntoForceEndsTheTimeOfTheOneBefore) {
  begin();
  ASSERT_EQ(to_string(apply(baked(seconds(600)))), "OK: ");
  upgrade("alpha", "counts", "1.2.0");
  EXPECT_EQ(to_string(apply()), "OK: ");
  EXPECT_TRUE(over_);
  EXPECT_TRUE(eventually([&] { return versions() == std::vector<std::string>{"alpha 1.2.0 active"}; }));
  EXPECT_TRUE(stop().ok());
}

TEST_F(Baking, AReasonToGoBackOutlivesTheGoodCallsDuringAChangeThatComesToNothing) {
  begin();
  ApplyOptions options = baked(seconds(600));
  options.watch.recent = {.time = milliseconds(1), .calls = 20};
  ASSERT_EQ(to_string(apply(std::move(options))), "OK: ");
  {
    const auto turn = lifecycle_.take_turn("another change");
    ASSERT_TRUE(turn.ok());
    bad(20);
    ASSERT_TRUE(eventually([&] { return waits_.load(); }));
    good(500);
  }
  EXPECT_EQ(reason(), "20 of 20 calls of gate-alpha 1.1.0 as \"alpha\" failed, more than the 5% allowed");
  EXPECT_TRUE(stop().ok());
}

TEST_F(Baking, ATrialMakesRoomForTheReturnOfTheChangeBefore) {
  begin();
  ASSERT_EQ(to_string(apply(baked(seconds(600)))), "OK: ");
  upgrade("alpha", "sound", "1.2.0");
  ApplyOptions options;
  options.try_out = {.share = 500'000, .length = seconds(600), .look = milliseconds(2)};
  options.try_out->judge = [](const Tried&) -> boost::asio::awaitable<Opinion> {
    co_return Opinion{Word::proceed, "nothing against it"};
  };
  auto end = std::async(std::launch::async, [&] { return apply(std::move(options)); });
  ASSERT_TRUE(eventually([&] { return routes_.capture()->find("gates.alpha")->trial != nullptr; }));
  bad(40);
  EXPECT_EQ(end.get(), Status(Code::aborted,
                              "gate-alpha 1.2.0 was withdrawn: its trial makes room for the host's return to the "
                              "profile before"));
  EXPECT_THAT(reason(), HasSubstr("calls of gate-alpha 1.1.0 as \"alpha\" failed, more than the 5% allowed"));
  EXPECT_EQ(versions().at(0), "alpha 1.0.0 active");
  EXPECT_TRUE(stop().ok());
}

TEST_F(Baking, WhatIsKeptForAReturnGivesWayToWhatCanNotRunBesideIt) {
  add("alpha", "sound", {}, kExternal);
  add("beta", "sound");
  ASSERT_TRUE(start().ok());
  const auto alpha = profile_.plugins.extract("alpha");
  profile_.bindings.erase("gates.alpha");
  ASSERT_EQ(to_string(apply(baked(seconds(600)))), "OK: ");
  profile_.plugins["alpha"] = alpha.mapped();
  upgrade("alpha", "start_fails", "1.1.0", kExternal);
  EXPECT_FALSE(apply().ok());
  EXPECT_TRUE(over_) << "it began beside what was kept";
  EXPECT_TRUE(stop().ok());
}

TEST_F(Baking, WhatCanNotRunBesideWhatIsKeptBeginsOnceThatHasEnded) {
  std::promise<runtime::Answerer> asked;
  on_request_ = [&](runtime::Answerer answerer) { asked.set_value(std::move(answerer)); };
  add("alpha", "counts", {}, kExternal);
  add("beta", "sound");
  ASSERT_TRUE(start().ok());
  auto open = std::async(std::launch::async,
                         [this] { return await_on(runtime_, ask("gates.alpha", seconds(60), R"("slowly")")); });
  runtime::Answerer answerer = asked.get_future().get();
  const auto alpha = profile_.plugins.extract("alpha");
  profile_.bindings.erase("gates.alpha");
  ASSERT_EQ(to_string(apply(baked(seconds(600)))), "OK: ");
  profile_.plugins["alpha"] = alpha.mapped();
  upgrade("alpha", "start_fails", "1.1.0", kExternal);
  auto applied = std::async(std::launch::async, [this] { return apply(); });
  EXPECT_TRUE(eventually([&] { return over_.load(); }));
  EXPECT_EQ(applied.wait_for(std::chrono::milliseconds(50)), std::future_status::timeout) << "a call is still open";
  EXPECT_THAT(versions(), Not(Contains(HasSubstr("alpha 1.1.0"))));
  answerer.succeed("{}");
  EXPECT_TRUE(open.get().ok());
  EXPECT_THAT(told(applied.get()), ElementsAre("/plugins/alpha: port 80 is taken"));
  EXPECT_TRUE(stop().ok());
}

TEST_F(Baking, WhatIsWithdrawnHasEndedBeforeItsKindBeginsAgain) {
  std::promise<runtime::Answerer> asked;
  on_request_ = [&](runtime::Answerer answerer) { asked.set_value(std::move(answerer)); };
  add("beta", "sound");
  ASSERT_TRUE(start().ok());
  add("alpha", "counts", {}, kExternal);
  ApplyOptions options = baked(seconds(600));
  // Even no fault at all is too many of them.
  options.watch.fault_ratio = -1;
  ASSERT_EQ(to_string(apply(std::move(options))), "OK: ");
  auto open = std::async(std::launch::async,
                         [this] { return await_on(runtime_, ask("gates.alpha", seconds(60), R"("slowly")")); });
  runtime::Answerer answerer = asked.get_future().get();
  for (int i = 0; i < 20; ++i) (void)said("gates.alpha");
  EXPECT_THAT(reason(), HasSubstr("0 of 20 calls of gate-alpha 1.0.0"));
  upgrade("alpha", "start_fails", "1.1.0", kExternal);
  auto applied = std::async(std::launch::async, [this] { return apply(); });
  EXPECT_EQ(applied.wait_for(std::chrono::milliseconds(50)), std::future_status::timeout) << "a call is still open";
  EXPECT_THAT(versions(), Not(Contains(HasSubstr("alpha 1.1.0"))));
  answerer.succeed("{}");
  EXPECT_TRUE(open.get().ok());
  EXPECT_THAT(told(applied.get()), ElementsAre("/plugins/alpha: port 80 is taken"));
  EXPECT_TRUE(stop().ok());
}

TEST_F(Baking, OneThatALaterChangeEndedForNothingGivesWayToTheOneBeforeIt) {
  begin("creates_once", kExternal);
  ApplyOptions options = baked(seconds(600));
  // Even no fault at all is too many of them.
  options.watch.fault_ratio = -1;
  ASSERT_EQ(to_string(apply(std::move(options))), "OK: ");
  {
    const auto turn = lifecycle_.take_turn("another change");
    ASSERT_TRUE(turn.ok());
    good(20);
    ASSERT_TRUE(eventually([&] { return waits_.load(); }));
    upgrade("alpha", "start_fails", "1.2.0", kExternal);
    EXPECT_FALSE(apply(*turn, {}).ok());
    EXPECT_EQ(versions().at(0), "alpha 1.1.0 failed");
  }
  EXPECT_THAT(reason(), HasSubstr("0 of 20 calls of gate-alpha 1.1.0"));
  EXPECT_EQ(versions().at(0), "alpha 1.0.0 active");
  good(1);
  EXPECT_TRUE(stop().ok());
}

TEST_F(Baking, WhatOneCouldNotTakeBackItselfIsGivenToTheOneBeforeIt) {
  add("alpha", "counts", {}, snapshot());
  ASSERT_TRUE(start().ok());
  for (int i = 0; i < 3; ++i) (void)said("gates.alpha");
  upgrade("alpha", "counts_to_five", "1.1.0", snapshot());
  ApplyOptions options = baked(seconds(600));
  // Even no fault at all is too many of them.
  options.watch.fault_ratio = -1;
  ASSERT_EQ(to_string(apply(std::move(options))), "OK: ");
  {
    const auto turn = lifecycle_.take_turn("another change");
    ASSERT_TRUE(turn.ok());
    for (int i = 0; i < 20; ++i) (void)said("gates.alpha");
    ASSERT_TRUE(eventually([&] { return waits_.load(); }));
    upgrade("alpha", "start_fails", "1.2.0", snapshot());
    EXPECT_FALSE(apply(*turn, {}).ok());
    EXPECT_EQ(versions().at(0), "alpha 1.1.0 failed");
  }
  EXPECT_THAT(reason(), Not(HasSubstr("dropped")));
  EXPECT_EQ(versions().at(0), "alpha 1.0.0 active");
  EXPECT_THAT(said("gates.alpha"), HasSubstr("call 24"));
  EXPECT_TRUE(stop().ok());
}

}  // namespace
}  // namespace slipway::lifecycle
