// Kinds of steps, presets and phases of the shipped strategies, through the engine to the orders that the provider
// gets.
#include "tests/simulation/shipped.hpp"

namespace slipway::sim {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::SizeIs;

TEST_F(Shipped, RoutesAndMirrorReachTheProviderWithTheirStepsAndNotBefore) {
  prepare("canary", {{"steps", steps_of_every_kind()}});
  const std::string id = deploy();
  ASSERT_TRUE(until_asked(id)) << text_of(id);
  const auto& order = world.provider.orders().back();
  ASSERT_THAT(order.routes, SizeIs(1));
  EXPECT_EQ(order.routes[0].header + ": " + order.routes[0].value + " > " + order.routes[0].role, "x-beta: yes > next");
  ASSERT_TRUE(order.mirror);
  EXPECT_EQ(order.mirror->role, "next");
  EXPECT_EQ(order.mirror->share, 100'000U);
  EXPECT_EQ(order.mirror->max_in_flight, 8);
  EXPECT_EQ(world.provider.ready_of("shop", "1.1"), 2) << "the scale step";
  EXPECT_THAT(weights_of("1.1"), ElementsAre(0U));
  ASSERT_TRUE(world.act(id, rollout::Action::approve).ok());
  ASSERT_TRUE(world.until([&] { return !world.provider.orders().back().mirror; }, seconds(30))) << text_of(id);
  EXPECT_THAT(world.provider.orders().back().routes, SizeIs(1)) << "ended with the mirror's step of 0%";
  ASSERT_TRUE(world.until_state(id, State::succeeded)) << text_of(id);
  expect_only("1.1", "1.0");
}

class Abort : public Shipped, public testing::WithParamInterface<rollout::RollbackMode> {};

TEST_P(Abort, TakesRoutesAndMirrorAwayWithItsFirstOrder) {
  prepare("canary", {{"steps", steps_of_every_kind()}},
          [](auto& spec) { spec.rollback = {.mode = GetParam(), .over = seconds(5)}; });
  const std::string id = deploy();
  ASSERT_TRUE(until_asked(id)) << text_of(id);
  auto order = world.provider.orders().size();
  ASSERT_TRUE(world.act(id, rollout::Action::abort).ok());
  ASSERT_TRUE(world.until_state(id, State::rolled_back)) << text_of(id);
  ASSERT_GT(world.provider.orders().size(), order);
  for (; order < world.provider.orders().size(); ++order) {
    EXPECT_THAT(world.provider.orders()[order].routes, IsEmpty());
    EXPECT_FALSE(world.provider.orders()[order].mirror);
  }
  expect_only("1.0", "1.1");
}

INSTANTIATE_TEST_SUITE_P(AtOnceAndGradually, Abort,
                         testing::Values(rollout::RollbackMode::instant, rollout::RollbackMode::gradual),
                         [](const auto& mode) {
                           return mode.param == rollout::RollbackMode::instant ? "at_once" : "gradual";
                         });

TEST_F(Shipped, AGateStepWaitsUntilTheGateOpens) {
  prepare("canary", {{"steps", {{{"weight", "25%"}}, {{"gate", "freeze"}}}}});
  world.gate.answer = {.state = strategy::GateState::pending, .reason = "the shop is frozen until noon"};
  const std::string id = deploy();
  world.run_for(seconds(60));
  EXPECT_THAT(weights_of("1.1"), ElementsAre(0U, 250'000U));
  EXPECT_THAT(world.get(id)->why.waits_for, HasSubstr("freeze to open: the shop is frozen until noon"));
  world.gate.answer = {.state = strategy::GateState::open, .reason = "nothing is frozen"};
  ASSERT_TRUE(world.until_state(id, State::succeeded)) << text_of(id);
  EXPECT_THAT(weights_of("1.1"), ElementsAre(0U, 250'000U, kAllTraffic));
  expect_only("1.1", "1.0");
}

TEST_F(Shipped, AGateStepWhoseGateIsClosedGoesBack) {
  prepare("canary", {{"steps", {{{"weight", "25%"}}, {{"gate", "freeze"}}}}});
  world.gate.answer = {.state = strategy::GateState::closed, .reason = "the ticket was declined"};
  const std::string id = deploy();
  ASSERT_TRUE(world.until_state(id, State::rolled_back)) << text_of(id);
  EXPECT_THAT(world.get(id)->why.reason, HasSubstr("gate freeze is closed: the ticket was declined"));
  expect_only("1.0", "1.1");
}

TEST_F(Shipped, AnExponentialCanaryMultipliesItsWeight) {
  prepare("canary", {{"exponential", {{"start", "5%"}, {"factor", 3}, {"interval", "2s"}}}});
  const std::string id = deploy();
  ASSERT_TRUE(world.until_state(id, State::succeeded)) << text_of(id);
  EXPECT_THAT(weights_of("1.1"), ElementsAre(0U, 50'000U, 150'000U, 450'000U, kAllTraffic));
}

const Json kAutomatic{
    {"automatic", {{"step", "20%"}, {"max", "60%"}, {"interval", "3s"}, {"threshold", 2}, {"analyses", "errors"}}}};

TEST_F(Shipped, AnAutomaticCanaryGoesOnAfterFewerFailedChecksThanItsThreshold) {
  prepare("canary", kAutomatic);
  int looks = 0;
  world.metrics.on_query = [&](const auto&) { world.metrics.error_ratio["1.1"] = ++looks == 1 ? 0.5 : 0.0; };
  const std::string id = deploy();
  ASSERT_TRUE(world.until_state(id, State::succeeded)) << text_of(id);
  EXPECT_THAT(weights_of("1.1"), ElementsAre(0U, 200'000U, 400'000U, 600'000U, kAllTraffic));
  expect_only("1.1", "1.0");
}

TEST_F(Shipped, AnAutomaticCanaryEndsWithTheFailedCheckThatReachesItsThreshold) {
  prepare("canary", kAutomatic);
  world.metrics.error_ratio["1.1"] = 0.5;
  const std::string id = deploy();
  ASSERT_TRUE(world.until_state(id, State::rolled_back)) << text_of(id);
  EXPECT_THAT(weights_of("1.1"), ElementsAre(0U, 200'000U, 0U));
  EXPECT_THAT(world.get(id)->why.reason, HasSubstr("2 checks failed, the last at 20% of the traffic"));
  expect_only("1.0", "1.1");
}

TEST_F(Shipped, BlueGreenFillsItsPreviewOnlyWhenAPersonHasAgreed) {
  prepare("blue-green", {{"preview_replicas", 1}, {"smoke", "errors"}, {"approval", {{"message", "Switch?"}}}});
  const std::string id = deploy();
  ASSERT_TRUE(until_asked(id)) << text_of(id);
  EXPECT_EQ(world.provider.ready_of("shop", "1.1"), 1);
  EXPECT_THAT(weights_of("1.1"), ElementsAre(0U));
  EXPECT_THAT(world.get(id)->why.waits_for, HasSubstr("Switch?"));
  ASSERT_TRUE(world.act(id, rollout::Action::approve).ok());
  ASSERT_TRUE(world.until([&] { return world.provider.weight_of("shop", "1.1") == kAllTraffic; }));
  EXPECT_EQ(world.provider.ready_of("shop", "1.1"), 4) << "filled before the switch";
}

TEST_F(Shipped, BlueGreenGoesBackWhenItsVerificationAfterTheSwitchFails) {
  prepare("blue-green", {{"verify", "errors"}, {"keep_blue", "5s"}});
  world.metrics.error_ratio["1.1"] = 0.5;
  const std::string id = deploy();
  ASSERT_TRUE(world.until_state(id, State::rolled_back)) << text_of(id);
  EXPECT_THAT(weights_of("1.1"), ElementsAre(0U, kAllTraffic, 0U));
  expect_only("1.0", "1.1");
}

}  // namespace
}  // namespace slipway::sim
