// The wall clock set back, or forward, in the middle of a rollout.
#include <gmock/gmock.h>

#include "tests/simulation/world.hpp"

namespace slipway::sim {
namespace {

using testing::IsEmpty;

constexpr Duration kHour = seconds(3'600);

class ClockSteps : public testing::Test {
 protected:
  ClockSteps() { world.start(); }
  ~ClockSteps() override { EXPECT_THAT(world.provider.violations(), IsEmpty()); }

  void set_back(Duration by) { world.time.clock().step_wall(world.now() - by); }
  // A canary at its first step, at which it holds for a minute.
  std::string canary_at_5_percent(Json settings = {{"weights", {50'000, 500'000}}, {"hold", "60s"}}) {
    world.make_stable(world.shop(std::move(settings)), "1.0");
    (void)world.make_release("shop", "1.1");
    const std::string id = world.deploy("shop", "1.1")->id;
    EXPECT_TRUE(world.until([&] { return world.provider.weight_of("shop", "1.1") == 50'000; }));
    return id;
  }
  // How long it takes, by the steady clock, until the weight is this.
  double seconds_until(std::uint32_t weight) {
    const std::int64_t begun = world.time.clock().steady_ns();
    EXPECT_TRUE(world.until([&] { return world.provider.weight_of("shop", "1.1") == weight; }, kHour * 4));
    return static_cast<double>(world.time.clock().steady_ns() - begun) / 1e9;
  }
  void expect_order(const std::string& id) {
    const auto journal = world.journal(id);
    for (std::size_t i = 1; i < journal.size(); ++i) {
      EXPECT_GE(journal[i].at, journal[i - 1].at) << journal[i].reason;
    }
    const auto& events = world.storage.stream("acme", "events");
    for (std::size_t i = 1; i < events.size(); ++i) {
      EXPECT_GE(decode_text<rollout::Event>(events[i], "event")->at,
                decode_text<rollout::Event>(events[i - 1], "event")->at);
    }
  }
  World world;
};

TEST_F(ClockSteps, AStepBackNeitherSkipsNorRestartsAPause) {
  const std::string id = canary_at_5_percent();
  world.run_for(seconds(30));
  set_back(kHour);
  EXPECT_NEAR(seconds_until(500'000), 30, 5);
  EXPECT_TRUE(world.until_state(id, State::succeeded, seconds(200)));
  expect_order(id);
}

TEST_F(ClockSteps, AStepForwardEndsNothingThatIsStuck) {
  const std::string id = canary_at_5_percent();
  world.run_for(seconds(30));
  world.time.clock().step_wall(world.now() + kHour);
  EXPECT_LT(seconds_until(500'000), 35);
  EXPECT_TRUE(world.until_state(id, State::succeeded, seconds(200)));
  expect_order(id);
}

TEST_F(ClockSteps, AnAbsenceIsAsLongAsTheStoreSawIt) {
  const std::string id = canary_at_5_percent();
  world.clock_of(World::Side::first).step(kHour);
  world.run_for(seconds(5));
  world.crash();
  world.run_for(seconds(20));
  world.start();
  ASSERT_TRUE(world.until([&] { return world.journal(id).back().kind == "resumed"; }, seconds(30)));
  const Json detail = tree_of(world.journal(id).back().detail);
  const auto away = parse_duration(detail.at("away").get<std::string>());
  ASSERT_TRUE(away.ok());
  EXPECT_GE(away->ns, seconds(20).ns);
  EXPECT_LE(away->ns, seconds(30).ns);
}

TEST_F(ClockSteps, AStoreThatIsSetForwardMakesNoAbsenceLongerThanTheTimeSinceTheLastDecision) {
  const std::string id = canary_at_5_percent();
  world.clock_of(World::Side::first).step(kHour * 2);
  world.run_for(seconds(40));
  const Instant decided = world.journal(id).back().at;
  world.crash();
  world.store_wall.step(kHour);
  world.start();
  ASSERT_TRUE(world.until([&] { return world.journal(id).back().kind == "resumed"; }, seconds(30)));
  const auto resumed = world.journal(id).back();
  EXPECT_LE(parse_duration(tree_of(resumed.detail).at("away").get<std::string>())->ns, (resumed.at - decided).ns);
}

TEST_F(ClockSteps, AHostThatIsAheadAndTakesOverEndsNeitherAPauseNorAWatch) {
  auto spec = world.shop({{"weights", {50'000}}, {"hold", "60s"}});
  spec.verification.period = seconds(60);
  world.make_stable(spec, "1.0");
  (void)world.make_release("shop", "1.1");
  const std::string id = world.deploy("shop", "1.1")->id;
  ASSERT_TRUE(world.until([&] { return world.provider.weight_of("shop", "1.1") == 50'000; }));
  world.clock_of(World::Side::second).step(kHour);
  world.start_second();
  world.run_for(seconds(10));
  world.crash(World::Side::first);
  world.use(World::Side::second);
  ASSERT_TRUE(world.until([&] { return world.journal(id).back().kind == "resumed"; }, seconds(60)));
  EXPECT_NEAR(seconds_until(kAllTraffic), 50, 10);

  ASSERT_TRUE(world.until([&] { return world.state_of(id) == State::verifying; }));
  world.run_for(seconds(10));
  world.clock_of(World::Side::first).step(kHour * 3);
  world.use(World::Side::first);
  world.start();
  world.crash(World::Side::second);
  ASSERT_TRUE(world.until([&] { return world.journal(id).back().kind == "resumed"; }, seconds(60)));
  const std::int64_t begun = world.time.clock().steady_ns();
  ASSERT_TRUE(world.until([&] { return rollout::has_ended(world.state_of(id)); }, kHour * 4));
  EXPECT_NEAR(static_cast<double>(world.time.clock().steady_ns() - begun) / 1e9, 50, 10);
}

TEST_F(ClockSteps, AHostThatWasAheadLeavesItsTimeToItsRolloutsAlone) {
  auto other = world.shop({{"weights", {50'000, 500'000}}, {"hold", "60s"}});
  other.name = "other";
  world.make_stable(other, "1.0");
  (void)world.make_release("other", "1.1");
  world.clock_of(World::Side::first).step(kHour);
  const std::string ahead = canary_at_5_percent();
  world.crash();
  world.clock_of(World::Side::first).step(Duration{-kHour.ns});
  world.start();
  ASSERT_TRUE(world.until([&] { return world.journal(ahead).back().kind == "resumed"; }, seconds(30)));
  EXPECT_GE(world.get(ahead)->updated_at, world.now() + kHour - seconds(60));
  const auto begun = world.deploy("other", "1.1");
  ASSERT_TRUE(begun.ok()) << to_string(begun.status());
  world.run_for(seconds(5));
  EXPECT_LE(world.get(begun->id)->updated_at, world.now());
}

TEST_F(ClockSteps, AnAnalysisGoesOnWindowByWindowAndAsksItsSourceForTheWallClocksTime) {
  const std::string id = canary_at_5_percent({{"weights", {50'000}}, {"hold", "5s"}, {"analysis", "errors"}});
  std::vector<metrics::Window> asked;
  world.metrics.on_query = [&](const metrics::QueryRequest& request) { asked.push_back(request.window); };
  world.run_for(milliseconds(1'500));
  set_back(kHour);
  asked.clear();
  ASSERT_TRUE(world.until([&] { return asked.size() >= 2; }, seconds(10)));
  EXPECT_LE(asked.back().to, world.now());
  EXPECT_GT(asked.back().to, world.now() - seconds(3));
  EXPECT_EQ(asked.back().to - asked.back().from, seconds(1));
  EXPECT_TRUE(world.until_state(id, State::succeeded, seconds(60)));
  expect_order(id);
}

TEST_F(ClockSteps, ABadReleaseIsStillTurnedBackWithinSeconds) {
  const std::string id = canary_at_5_percent({{"weights", {50'000}}, {"hold", "60s"}, {"analysis", "errors"}});
  set_back(kHour);
  world.metrics.error_ratio["1.1"] = 0.9;
  EXPECT_LT(seconds_until(0), 10);
  EXPECT_TRUE(world.until_state(id, State::rolled_back, seconds(30)));
  expect_order(id);
}

TEST_F(ClockSteps, ReplicasThatGotReadyAfterTheStepAreNotOldOnes) {
  const std::string id = canary_at_5_percent();
  set_back(kHour);
  world.run_for(seconds(1));
  ASSERT_TRUE(world.act(id, rollout::Action::abort).ok());
  ASSERT_TRUE(world.until_state(id, State::rolled_back));
  ASSERT_TRUE(world.act(id, rollout::Action::retry).ok());
  Duration youngest = kHour;
  world.strategy.on_step = [&](const strategy::StepRequest& request) {
    for (const auto& group : request.observation.groups) {
      if (group.role != strategy::kNext) continue;
      for (const Instant since : group.ready_since) youngest = std::min(youngest, request.now - since);
    }
  };
  ASSERT_TRUE(world.until([&] { return world.provider.weight_of("shop", "1.1") == 50'000; }));
  EXPECT_LT(youngest, seconds(5));
  EXPECT_GE(youngest, Duration{});
  world.strategy.on_step = nullptr;
}

TEST_F(ClockSteps, AStepBackWhileNobodyWasThereKeepsTheOrderAndThePause) {
  const std::string id = canary_at_5_percent();
  world.run_for(seconds(30));
  world.crash();
  set_back(kHour);
  world.run_for(seconds(5));
  world.start();
  const double left = seconds_until(500'000);
  EXPECT_GT(left, 24);
  EXPECT_LT(left, 45);
  EXPECT_TRUE(world.until_state(id, State::succeeded, seconds(200)));
  expect_order(id);
}

TEST_F(ClockSteps, AGateIsAskedByTheCalendarOfTheWallClock) {
  auto spec = world.shop();
  spec.gates.push_back({.gate = "freeze"});
  set_back(kHour);
  ASSERT_TRUE(world.make_application(spec).ok());
  Instant asked;
  world.gate.on_check = [&](const gate::CheckRequest& request) { asked = request.now; };
  (void)world.make_release("shop", "1.0");
  const auto rollout = world.deploy("shop", "1.0");
  ASSERT_TRUE(rollout.ok()) << to_string(rollout.status());
  ASSERT_TRUE(world.until_state(rollout->id, State::succeeded));
  EXPECT_LE(asked, world.now());
  EXPECT_GT(asked, world.now() - seconds(60));
}

}  // namespace
}  // namespace slipway::sim
