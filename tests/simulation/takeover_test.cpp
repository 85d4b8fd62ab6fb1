// Two hosts on one store: whoever loses the lease stops before the other begins, what it still orders is refused, and
// rollouts end as if nothing had happened.
#include <gmock/gmock.h>

#include "tests/simulation/world.hpp"

namespace slipway::sim {
namespace {

using testing::IsEmpty;
using Fate = World::Fate;
using Side = World::Side;

constexpr std::uint32_t kApply = provider::Interface::index_of<provider::Apply>();

class Takeover : public testing::Test {
 protected:
  Takeover() {
    world.start();
    spec = world.shop({{"weights", {50'000, 500'000}}, {"hold", "5s"}, {"analysis", "errors"}});
    world.make_stable(spec, "1.0");
    (void)world.make_release("shop", "1.1");
    world.start_second();
    world.provider.on_order = [this](const provider::Desired& desired) { orders.push_back({world.now(), desired}); };
  }

  void begin() {
    const auto rollout = world.deploy("shop", "1.1");
    ASSERT_TRUE(rollout.ok()) << to_string(rollout.status());
    id = rollout->id;
    ASSERT_TRUE(weight_is(50'000));
  }
  bool weight_is(std::uint32_t weight) {
    return world.until([&] { return world.provider.weight_of("shop", "1.1") == weight; }, seconds(120));
  }
  void expect_undisturbed_end() {
    world.use(Side::second);
    EXPECT_TRUE(world.until_state(id, State::succeeded)) << encode_text(*world.get(id));
    world.run_for(seconds(10));
    EXPECT_EQ(world.provider.weight_of("shop", "1.1"), kAllTraffic);
    EXPECT_EQ(world.provider.ready_of("shop", "1.0"), 0);
    EXPECT_EQ(world.application("shop")->stable_release, "1.1");
    EXPECT_THAT(world.provider.violations(), IsEmpty());
    std::map<std::string, int> kinds;
    for (const auto& entry : world.journal(id)) ++kinds[entry.kind];
    EXPECT_EQ(kinds["started"], 1);
    EXPECT_EQ(kinds["ended"], 1);
    EXPECT_GE(kinds["resumed"], 1);
    for (std::size_t i = 1; i < orders.size(); ++i)
      EXPECT_GE(orders[i].second.token, orders[i - 1].second.token) << "an older lease ordered after a newer one";
  }

  World world;
  rollout::ApplicationSpec spec;
  std::string id;
  std::vector<std::pair<Instant, provider::Desired>> orders;
};

TEST_F(Takeover, AHostThatCannotRenewStopsOrderingBeforeAnotherBegins) {
  begin();
  std::optional<Instant> last_of_first, first_of_second;
  world.fate_of = [&](Side side, std::string_view to, std::uint32_t method) {
    const bool orders_now = to == "provider" && method == kApply;
    if (side == Side::second && orders_now && !first_of_second) first_of_second = world.now();
    if (side == Side::first && orders_now) last_of_first = world.now();
    return side == Side::first && to == "storage" && method == kLease ? Fate::fail_before : Fate::good;
  };
  ASSERT_TRUE(world.until([&] { return first_of_second.has_value(); }, seconds(60)));
  world.run_for(seconds(3));
  // Something to react to for both of them.
  world.provider.kill_replica("acme", "shop", "1.1");
  expect_undisturbed_end();
  ASSERT_TRUE(last_of_first.has_value());
  EXPECT_LT(*last_of_first, *first_of_second);
}

TEST_F(Takeover, AHostWithoutItsStoreHoldsTheLeaseNoLongerThanTheStoreDoes) {
  begin();
  int applied_late = 0;
  const Instant cut = world.now();
  world.fate_of = [&](Side side, std::string_view to, std::uint32_t method) {
    if (side != Side::first) return Fate::good;
    if (to == "provider" && method == kApply && world.now() > cut + seconds(10)) ++applied_late;
    return to == "storage" ? Fate::fail_before : Fate::good;
  };
  expect_undisturbed_end();
  EXPECT_EQ(applied_late, 0);
}

TEST_F(Takeover, ARenewalWithoutAnAnswerIsRepeatedBeforeTheLeaseEnds) {
  begin();
  int unanswered = 0;
  world.fate_of = [&](Side side, std::string_view to, std::uint32_t method) {
    const bool strikes = side == Side::first && to == "storage" && method == kLease && unanswered == 0;
    if (strikes) ++unanswered;
    return strikes ? Fate::hang : Fate::good;
  };
  const std::int64_t token = orders.back().second.token;
  ASSERT_TRUE(world.until_state(id, State::succeeded));
  EXPECT_EQ(unanswered, 1);
  EXPECT_EQ(orders.back().second.token, token) << "the lease was lost";
}

// As when a machine is suspended in the middle of a call and wakes up when another has long been at work.
class Zombie : public Takeover, public testing::WithParamInterface<std::pair<const char*, std::uint32_t>> {};

TEST_P(Zombie, WhatAnOlderLeaseStillSendsIsRefused) {
  begin();
  const auto [binding, method] = GetParam();
  world.fate_of = [&, to_strike = std::string_view(binding), strike = method](Side side, std::string_view to,
                                                                              std::uint32_t called) {
    if (side == Side::first && to == to_strike && called == strike) world.freeze(side);
    return Fate::good;
  };
  ASSERT_TRUE(weight_is(500'000));
  ASSERT_FALSE(orders.empty());
  world.fate_of = nullptr;
  const auto entries = world.journal(id).size();
  const int refused = world.provider.refused();
  world.thaw(Side::first);
  world.run_for(milliseconds(500));
  if (binding == std::string_view("provider")) {
    EXPECT_EQ(world.provider.refused(), refused + 1);
  }
  EXPECT_LE(world.journal(id).size(), entries + 1) << "only the second host may go on writing";
  expect_undisturbed_end();
}
INSTANTIATE_TEST_SUITE_P(Calls, Zombie, testing::Values(std::pair("provider", kApply), std::pair("storage", kWrite)),
                         [](const auto& call) { return std::string(call.param.first); });

TEST_F(Takeover, AHostThatHasTheLeaseAgainGoesOnWithWhatTheOtherBegan) {
  world.freeze(Side::first);
  world.use(Side::second);
  ASSERT_TRUE(world.until([&] { return world.application("shop").ok() && world.engine().busy() == 0; }));
  world.run_for(seconds(20));
  auto blog = spec;
  blog.name = "blog";
  world.make_stable(blog, "2.0");
  begin();
  const auto other = world.deploy("blog", "2.0");
  EXPECT_FALSE(other.ok());
  (void)world.make_release("blog", "2.1");
  const auto second = world.deploy("blog", "2.1");
  ASSERT_TRUE(second.ok()) << to_string(second.status());
  world.thaw(Side::first);
  world.crash(Side::second);
  world.use(Side::first);
  EXPECT_TRUE(world.until_state(id, State::succeeded)) << encode_text(*world.get(id));
  EXPECT_TRUE(world.until_state(second->id, State::succeeded)) << encode_text(*world.get(second->id));
  EXPECT_THAT(world.provider.violations(), IsEmpty());
}

TEST_F(Takeover, AHostWithoutTheRolloutTellsWhichPersonItWaitsFor) {
  spec.gates.push_back({.gate = "approval", .at = rollout::GateMoment::promote});
  ASSERT_TRUE(world.make_application(spec).ok());
  begin();
  world.freeze(Side::first);
  world.use(Side::second);
  ASSERT_TRUE(world.until([&] { return world.get(id).ok() && world.get(id)->why.waits_for == "gate approval"; }))
      << encode_text(*world.get(id));
  world.thaw(Side::first);
  world.run_for(seconds(30));
  world.use(Side::first);
  EXPECT_EQ(world.get(id)->why.waits_for, "gate approval");
}

TEST_F(Takeover, WithoutTheLeasePeopleAreToldSoAndReadingGoesOn) {
  world.fate_of = [](Side side, std::string_view to, std::uint32_t method) {
    return side == Side::first && to == "storage" && method == kLease ? Fate::fail_before : Fate::good;
  };
  world.run_for(seconds(20));
  const auto refused = world.deploy("shop", "1.1");
  EXPECT_EQ(to_string(refused.status()), "UNAVAILABLE: this host does not hold its lease, so another may be at work");
  auto larger = spec;
  larger.replicas = 6;
  EXPECT_EQ(to_string(world.make_application(larger)), to_string(refused.status()));
  EXPECT_EQ(
      to_string(
          world.ask(world.engine().delete_application(world.somebody, "shop", {}, rollout::Mode::commit)).status()),
      to_string(refused.status()));
  EXPECT_EQ(world.application("shop")->stable_release, "1.0");
}

TEST_F(Takeover, ARemovalThatAnotherHostHasFinishedIsNotRepeatedOverTheSuccessor) {
  world.fate_of = [](Side side, std::string_view to, std::uint32_t) {
    return side == Side::first && to == "provider" ? Fate::fail_before : Fate::good;
  };
  ASSERT_TRUE(world.ask(world.engine().delete_application(world.somebody, "shop", {}, rollout::Mode::commit)).ok());
  world.run_for(seconds(2));
  world.freeze(Side::first);
  world.use(Side::second);
  ASSERT_TRUE(world.until([&] { return world.provider.ready_of("shop", "1.0") == 0; }, seconds(60)));
  world.run_for(seconds(2));
  world.fate_of = nullptr;
  world.make_stable(spec, "1.0");
  ASSERT_EQ(world.provider.ready_of("shop", "1.0"), 4);
  world.thaw(Side::first);
  world.run_for(seconds(30));
  EXPECT_EQ(world.provider.ready_of("shop", "1.0"), 4);
}

}  // namespace
}  // namespace slipway::sim
