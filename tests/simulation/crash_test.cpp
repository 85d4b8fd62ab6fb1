// The host dies at every call that it makes, once before and once after the call took effect; the store fails at each
// of its calls. The rollout must end as it would have, nothing may happen twice, and no order may reach the provider
// before it is durable.
#include <gmock/gmock.h>

#include "tests/simulation/world.hpp"

namespace slipway::sim {
namespace {

using testing::IsEmpty;

// A short canary from 1.0 to 1.1, told to its end through whatever happens.
class Tale {
 public:
  explicit Tale(double error_ratio, std::uint64_t seed = 1) : world(seed) {
    world.start();
    auto spec = world.shop({{"weights", {500'000}}, {"hold", "1s"}, {"analysis", "errors"}});
    spec.replicas = 2;
    spec.analyses[0].settings = json_text({{"count", 2}});
    world.make_stable(spec, "1.0");
    (void)world.make_release("shop", "1.1");
    world.metrics.error_ratio["1.1"] = error_ratio;
    world.provider.on_order = [this](const provider::Desired& desired) { check_durable(desired); };
    world.on_answer = [](const World::Call& call, const auto&) {
      const bool is_query = call.method == metrics::Interface::index_of<metrics::Query>();
      if (call.binding == "metrics.sim" && is_query) check_addresses(call.payload);
    };
    first_call = world.calls();
    orders_before = world.provider.orders().size();
  }

  void tell(State wanted) {
    const Instant limit = world.now() + seconds(300);
    while (world.now() < limit) {
      if (!world.alive()) world.start();
      if (!world.alive()) continue;
      if (id.empty()) begin();
      if (!id.empty() && world.until([&] { return rollout::has_ended(world.state_of(id)); }, seconds(60))) break;
    }
    ASSERT_FALSE(id.empty());
    EXPECT_EQ(world.state_of(id), wanted) << story();
    world.fate = nullptr;
    world.run_for(seconds(1));  // the last blow may still be under way
    if (!world.alive()) world.start();
    world.run_for(seconds(5));
    check_end(wanted);
  }

  World world;
  std::string id;
  int first_call = 0;
  std::size_t orders_before = 0;

 private:
  std::string story() {
    std::string text;
    for (const auto& entry : world.journal(id))
      text += to_string(entry.at) + " " + entry.kind + ": " + entry.reason + "\n";
    const auto shown = world.get(id);
    return text + (shown.ok() ? encode_text(*shown) : to_string(shown.status()));
  }
  // A request that was cut off may have been carried out.
  void begin() {
    const auto rollout = world.deploy("shop", "1.1");
    if (rollout.ok()) id = rollout->id;
    if (!rollout.ok() && world.alive()) {
      const auto app = world.application("shop");
      if (app.ok()) id = app->rollout;
    }
    if (!world.alive()) {
      world.start();
      if (!world.alive()) return;
      const auto app = world.application("shop");
      if (app.ok()) id = app->rollout;
    }
  }

  // The last order stands in the record of the rollout under way, else in the application.
  [[nodiscard]] std::int64_t stored_generation(const std::string& name) const {
    const auto* application = world.storage.find(rollout::keys::application("acme", name));
    const auto stored = decode_text<rollout::Application>(application->value, "application");
    if (stored->rollout.empty()) return stored->generation;
    const auto* record = world.storage.find(rollout::keys::rollout("acme", stored->rollout));
    return rollout::record_from(*record)->value.order.generation;
  }
  void check_durable(const provider::Desired& desired) const {
    EXPECT_GE(stored_generation(desired.application), desired.generation)
        << "an order reached the provider before it was durable";
  }

  // All groups of this tale have ready replicas while an analysis runs.
  static void check_addresses(const std::string& query) {
    const auto asked = decode_text<metrics::QueryRequest>(query, "query");
    for (const auto& group : asked->groups)
      EXPECT_THAT(group.addresses, testing::Not(IsEmpty())) << "a source was asked about no replica of " << group.role;
  }

  void check_end(State wanted) {
    EXPECT_THAT(world.provider.violations(), IsEmpty());
    const bool promoted = wanted == State::succeeded;
    EXPECT_EQ(world.provider.weight_of("shop", promoted ? "1.1" : "1.0"), kAllTraffic);
    EXPECT_EQ(world.provider.ready_of("shop", promoted ? "1.0" : "1.1"), 0);
    const auto app = world.application("shop");
    EXPECT_EQ(app->stable_release, promoted ? "1.1" : "1.0");
    EXPECT_EQ(app->rollout, "");
    std::map<std::string, int> kinds;
    for (const auto& entry : world.journal(id)) ++kinds[entry.kind];
    EXPECT_EQ(kinds["started"], 1);
    EXPECT_EQ(kinds["ended"], 1);
    std::vector<std::uint32_t> weights;
    for (std::size_t i = orders_before; i < world.provider.orders().size(); ++i) {
      for (const auto& group : world.provider.orders()[i].groups) {
        if (group.release.version == "1.1") weights.push_back(group.weight);
      }
    }
    EXPECT_TRUE(!promoted || std::is_sorted(weights.begin(), weights.end()));
  }
};

using Fate = World::Fate;

void at_every_call(Fate fate, double error_ratio, State wanted, std::string_view binding = {}) {
  for (int nth = 1;; ++nth) {
    SCOPED_TRACE("call " + std::to_string(nth));
    Tale tale(error_ratio);
    int seen = 0;
    bool struck = false;
    tale.world.fate = [&](int, std::string_view to, std::uint32_t) {
      const bool mine = (binding.empty() || to == binding) && !struck && ++seen == nth;
      struck = struck || mine;
      return mine ? fate : Fate::good;
    };
    tale.tell(wanted);
    EXPECT_TRUE(struck || nth > 5) << "so few calls are no rollout";
    if (!struck || testing::Test::HasFailure()) return;
  }
}

TEST(Crash, BeforeAnyCallOfAGoodCanaryLosesNothing) { at_every_call(Fate::crash_before, 0.0, State::succeeded); }
TEST(Crash, AfterAnyCallOfAGoodCanaryLosesNothing) { at_every_call(Fate::crash_after, 0.0, State::succeeded); }
TEST(Crash, BeforeAnyCallOfABadCanaryStillRollsBack) { at_every_call(Fate::crash_before, 0.2, State::rolled_back); }
TEST(Crash, AfterAnyCallOfABadCanaryStillRollsBack) { at_every_call(Fate::crash_after, 0.2, State::rolled_back); }

TEST(Crash, HowLongNobodyLookedIsKnownThoughTheAnswerAboutTheLeaseWasLost) {
  World world;
  world.start();
  world.make_stable(world.shop({{"weights", {500'000}}, {"hold", "60s"}}), "1.0");
  (void)world.make_release("shop", "1.1");
  const auto rollout = world.deploy("shop", "1.1");
  ASSERT_TRUE(world.until([&] { return world.provider.weight_of("shop", "1.1") == 500'000; }));
  world.crash();
  world.run_for(seconds(3600));
  int taken = 0;
  world.between = [&](const World::Call& call, const World::Carry& carry) {
    auto reply = carry(call.payload);
    if (call.binding != "storage" || call.method != storage::Interface::index_of<storage::Lease>()) return reply;
    const bool takes =
        decode_text<storage::LeaseRequest>(call.payload, "request")->action == storage::LeaseAction::acquire;
    return takes && ++taken == 1 ? Result<std::string>(Status(Code::unavailable, "lost")) : reply;
  };
  world.start();
  ASSERT_EQ(taken, 2);
  world.run_for(seconds(2));
  const auto journal = world.journal(rollout->id);
  const auto resumed =
      std::find_if(journal.begin(), journal.end(), [](const auto& one) { return one.kind == "resumed"; });
  ASSERT_NE(resumed, journal.end());
  EXPECT_THAT(tree_of(resumed->detail).at("away").get<std::string>(), testing::StartsWith("1h"))
      << resumed->detail.text;
}

TEST(StoreFault, ARefusedWriteIsRepeatedUntilItHolds) {
  at_every_call(Fate::fail_before, 0.0, State::succeeded, "storage");
}
TEST(StoreFault, AWriteWhoseAnswerWasLostIsNotDoneTwice) {
  at_every_call(Fate::fail_after, 0.0, State::succeeded, "storage");
}
TEST(ProviderFault, ALostAnswerIsNoReasonToOrderSomethingElse) {
  at_every_call(Fate::fail_after, 0.0, State::succeeded, "provider");
}

TEST(Fault, OneCallInFiveFailsAndTheRolloutStillEndsRight) {
  for (std::uint64_t seed = 1; seed <= 20; ++seed) {
    SCOPED_TRACE("seed " + std::to_string(seed));
    const bool bad = seed % 2 == 0;
    Tale tale(bad ? 0.2 : 0.0, seed);
    base::SeededRandom dice(seed);
    tale.world.fate = [&](int, std::string_view, std::uint32_t) {
      const auto roll = dice.below(10);
      return roll == 0 ? Fate::fail_before : roll == 1 ? Fate::fail_after : Fate::good;
    };
    tale.tell(bad ? State::rolled_back : State::succeeded);
    if (testing::Test::HasFailure()) return;
  }
}

}  // namespace
}  // namespace slipway::sim
