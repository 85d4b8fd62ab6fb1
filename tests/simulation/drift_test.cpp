// Two hosts and a store whose clocks are off and go faster or slower than each other's.
#include <gmock/gmock.h>

#include <set>

#include "tests/simulation/world.hpp"

namespace slipway::sim {
namespace {

using Fate = World::Fate;
using Side = World::Side;

constexpr std::uint32_t kLease = storage::Interface::index_of<storage::Lease>();
constexpr std::uint32_t kWrite = storage::Interface::index_of<storage::Write>();
constexpr std::uint32_t kApply = provider::Interface::index_of<provider::Apply>();
constexpr const char* kLeaseOfFirst = "host/first";

struct Drift {
  const char* name;
  std::int64_t first, second, store;  // parts per million
};

class Clocks : public testing::Test {
 protected:
  void begin(const Drift& drift) {
    world.clock_of(Side::first).set(seconds(-40), drift.first);
    world.clock_of(Side::second).set(seconds(3'600), drift.second);
    world.store_wall.set(seconds(-7), drift.store);
    world.start();
    spec = world.shop();
    world.make_stable(spec, "1.0");
    world.start_second();
    world.run_for(seconds(30));
  }
  // A word to the first host, on which it would act if it held its lease.
  Status say() {
    world.use(Side::first);
    auto other = spec;
    other.replicas = spec.replicas == 4 ? 5 : 4;
    const Status said = world.make_application(other);
    if (said.ok()) spec = std::move(other);
    return said;
  }
  // The first one can't renew. `acted`: what it has asked of the store and the provider when the second had its lease.
  void lose_the_lease() {
    std::optional<Instant> taken;
    world.on_answer = [&](const World::Call& call, const Result<std::string>& reply) {
      if (call.side != Side::second || call.binding != "storage" || call.method != kLease || !reply.ok()) return;
      const auto asked = decode_text<storage::LeaseRequest>(call.payload, "request");
      if (asked->name == kLeaseOfFirst && asked->action == storage::LeaseAction::acquire && !taken) taken = world.now();
    };
    world.fate_of = [&](Side side, std::string_view to, std::uint32_t method) {
      const bool acts = (to == "storage" && method == kWrite) || (to == "provider" && method == kApply);
      if (side == Side::first && acts && taken) ++acted;
      return side == Side::first && to == "storage" && method == kLease ? Fate::fail_before : Fate::good;
    };
    const Instant cut = world.now();
    while (!taken && world.now() < cut + seconds(30)) {
      if (say().ok()) held = world.now() - cut;
      world.run_for(milliseconds(20));
    }
    ASSERT_TRUE(taken.has_value());
    for (int i = 0; i < 300; ++i) {
      accepted_late += say().ok() ? 1 : 0;
      world.run_for(milliseconds(20));
    }
  }

  World world;
  rollout::ApplicationSpec spec;
  Duration held;
  int acted = 0;
  int accepted_late = 0;
};

class DriftingClocks : public Clocks, public testing::WithParamInterface<Drift> {};

TEST_P(DriftingClocks, AHostStopsBeforeAnotherMayHaveItsLeaseAndNotMuchEarlier) {
  begin(GetParam());
  lose_the_lease();
  EXPECT_EQ(acted, 0);
  EXPECT_EQ(accepted_late, 0);
  // A lease of 10 s, of which a third may have passed before the cut.
  EXPECT_GT(held, seconds(5));
}

TEST_P(DriftingClocks, AHostKeepsItsLease) {
  begin(GetParam());
  std::map<std::string, std::set<std::int64_t>> tokens;
  int refused = 0;
  world.on_answer = [&](const World::Call& call, const Result<std::string>& reply) {
    if (call.binding != "storage" || call.method != kLease) return;
    refused += reply.ok() ? 0 : 1;
    if (reply.ok())
      tokens[decode_text<storage::LeaseRequest>(call.payload, "request")->name].insert(
          decode_text<storage::LeaseReply>(*reply, "reply")->token);
  };
  for (int minute = 0; minute < 20; ++minute) {
    world.run_for(seconds(60));
    EXPECT_TRUE(say().ok());
  }
  const auto hosts = *world.ask(world.engine().hosts(world.somebody));
  for (const auto& host : hosts) EXPECT_EQ(host.state, rollout::HostState::serving) << host.name;
  EXPECT_EQ(refused, 0);
  EXPECT_EQ(tokens.size(), 2U);
  for (const auto& [name, given] : tokens) EXPECT_EQ(given.size(), 1U) << name;
}

INSTANTIATE_TEST_SUITE_P(By, DriftingClocks,
                         testing::Values(Drift{"none", 0, 0, 0}, Drift{"slow_host", -20'000, 20'000, 20'000},
                                         Drift{"fast_host", 20'000, -20'000, -20'000}),
                         [](const auto& drift) { return drift.param.name; });

// The first one's clock is ten minutes ahead when it stops.
TEST_F(Clocks, APauseIsNotLongerForWhoeverTakesItOverWithASlowerClock) {
  begin({"", 0, 0, 0});
  world.clock_of(Side::first).step(seconds(4'000 + 600));
  spec.strategy.settings = json_text({{"weights", {50'000, 500'000}}, {"hold", "60s"}});
  world.use(Side::first);
  ASSERT_TRUE(world.make_application(spec).ok());
  (void)world.make_release("shop", "1.1");
  const auto rollout = world.deploy("shop", "1.1");
  ASSERT_TRUE(rollout.ok()) << to_string(rollout.status());
  ASSERT_TRUE(world.until([&] { return world.provider.weight_of("shop", "1.1") == 50'000; }, seconds(60)));
  world.run_for(seconds(10));
  ASSERT_TRUE(
      world.ask(world.engine().drain_host(world.somebody, "first", rollout::Draining::yes, rollout::Mode::commit))
          .ok());
  EXPECT_TRUE(world.until([&] { return world.provider.weight_of("shop", "1.1") == 500'000; }, seconds(70)));
}

// Its lease is taken while it believes in it: what holds then is the fence.
TEST_F(Clocks, OfAHostThatIsMuchTooSlowNothingIsAcceptedAfterItsLeaseIsTaken) {
  begin({"", -300'000, 0, 0});
  lose_the_lease();
  EXPECT_GT(acted, 0);
  EXPECT_EQ(accepted_late, 0);
}

}  // namespace
}  // namespace slipway::sim
