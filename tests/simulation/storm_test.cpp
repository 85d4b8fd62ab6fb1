// People say anything at any time, replicas die, releases are good or bad, the host is killed. Whatever happens:
// weights add up, they never rise before a replica is ready, and when the storm is over one release serves everything.
#include <gmock/gmock.h>

#include "tests/simulation/world.hpp"

namespace slipway::sim {
namespace {

using rollout::Action;
using testing::IsEmpty;

class Storm {
 public:
  explicit Storm(std::uint64_t seed) : world(seed), dice(seed * 7919) {
    world.start();
    auto spec = world.shop({{"weights", {100'000, 500'000}},
                            {"hold", "3s"},
                            {"analysis", "errors"},
                            {"keep", dice.below(2) == 0 ? "0" : "4s"}});
    if (dice.below(2) == 0) spec.rollback = {.mode = rollout::RollbackMode::gradual, .over = seconds(5)};
    if (dice.below(3) == 0) spec.verification.period = seconds(4);
    world.make_stable(spec, "1.0");
    for (const char* release : {"1.1", "1.2", "1.3"}) {
      (void)world.make_release("shop", release);
      if (dice.below(3) == 0) world.metrics.error_ratio[release] = 0.5;
    }
  }

  void rage(int moves) {
    for (int i = 0; i < moves; ++i) {
      if (!world.alive()) world.start();
      world.run_for(milliseconds(static_cast<std::int64_t>(dice.below(4'000))));
      move();
    }
  }

  // Whoever waits for a person is sent on his way; then all of it must come to rest.
  void calm() {
    if (!world.alive()) world.start();
    const auto app = world.application("shop");
    if (app.ok() && !app->rollout.empty() && world.state_of(app->rollout) == State::paused) {
      (void)world.act(app->rollout, Action::resume);
    }
    const bool rest = world.until([&] { return rollout_under_way().empty(); }, seconds(300));
    EXPECT_TRUE(rest) << encode_text(*world.get(rollout_under_way()));
    world.run_for(seconds(10));
    const std::string stable = world.application("shop")->stable_release;
    EXPECT_EQ(world.provider.weight_of("shop", stable), kAllTraffic);
    EXPECT_EQ(world.provider.ready_of("shop", stable), 4);
    for (const char* release : {"1.0", "1.1", "1.2", "1.3"}) {
      if (release == stable) continue;
      EXPECT_EQ(world.provider.ready_of("shop", release), 0) << release << " is left over";
    }
    EXPECT_THAT(world.provider.violations(), IsEmpty());
  }

  World world;

 private:
  std::string rollout_under_way() {
    const auto* record = world.storage.find(rollout::keys::application("acme", "shop"));
    return decode_text<rollout::Application>(record->value, "application")->rollout;
  }

  void move() {
    const std::string release = "1." + std::to_string(dice.below(4));
    switch (dice.below(12)) {
      case 0:
      case 1:
      case 2:
        (void)world.deploy("shop", release);
        return;
      case 3:
        (void)world.deploy("shop", release, rollout::Supersede::replace);
        return;
      case 4:
        world.provider.kill_replica("acme", "shop", release);
        return;
      case 5:
        world.crash();
        return;
      default:
        break;
    }
    const auto page = world.ask(world.engine().rollouts(world.somebody, {}, {}));
    if (!page.ok() || page->items.empty()) return;
    const auto action = static_cast<Action>(dice.below(8));
    rollout::ActionRequest request;
    request.full = dice.below(4) == 0;
    (void)world.act(page->items[dice.below(std::min<std::size_t>(2, page->items.size()))].id, action, request);
  }

  base::SeededRandom dice;
};

TEST(Storm, EveryoneEndsUpOnOneRelease) {
  for (std::uint64_t seed = 1; seed <= 25; ++seed) {
    SCOPED_TRACE("seed " + std::to_string(seed));
    Storm storm(seed);
    storm.rage(25);
    storm.calm();
    if (testing::Test::HasFailure()) return;
  }
}

}  // namespace
}  // namespace slipway::sim
