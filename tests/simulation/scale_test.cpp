// A thousand rollouts at once are normal, and one stuck plugin stops only those that need it.
#include <gmock/gmock.h>

#include "tests/simulation/world.hpp"
#include "tools/rehearse/serve.hpp"

namespace slipway::sim {
namespace {

using testing::Contains;
using testing::HasSubstr;
using testing::IsEmpty;
using Fate = World::Fate;

// Documents are slow in builds that are not optimised, and ten times as slow under a sanitizer.
#if defined(__SANITIZE_THREAD__) || defined(__SANITIZE_ADDRESS__)
constexpr int kMany = 100, kSome = 50;
#else
constexpr int kMany = 1'000, kSome = 200;
#endif

class Scale : public testing::Test {
 protected:
  Scale() {
    world.notifiers.clear();
    world.metrics.error_ratio["1.2"] = 0.5;
  }
  ~Scale() override { EXPECT_THAT(world.provider.violations(), IsEmpty()); }

  static std::string name(int i) { return "shop-" + std::to_string(i); }
  // The site as a restart finds it: 1.0 serves everywhere.
  void open(int applications, const std::function<std::string(int)>& strategy) {
    count = applications;
    storage::WriteRequest batch;
    for (int i = 0; i < count; ++i) {
      rollout::Application app{.id = name(i), .tenant = "acme", .stable_release = "1.0", .generation = 1};
      app.spec = world.shop({{"weights", {200'000}}, {"hold", "10s"}, {"analysis", "errors"}});
      app.spec.name = name(i);
      app.spec.replicas = 2;
      app.spec.strategy.name = strategy(i);
      app.spec.analyses[0].settings = json_text({{"count", 1}});
      batch.puts.push_back({rollout::keys::application("acme", name(i)), encode_text(app)});
      for (const std::string& version : {std::string("1.0"), release_of(i)}) {
        rollout::Release release{.id = name(i) + version, .tenant = "acme", .application = name(i), .name = version};
        release.spec = {.version = version, .command = {"/bin/app"}};
        batch.puts.push_back({rollout::keys::release("acme", name(i), version), encode_text(release)});
      }
    }
    (void)world.storage.write(batch);
    world.start();
    ASSERT_TRUE(rest(0));
    ASSERT_EQ(world.provider.weight_of(name(count - 1), "1.0"), kAllTraffic);
  }
  // One in four is bad.
  static std::string release_of(int i) { return i % 4 == 0 ? "1.2" : "1.1"; }

  void deploy_all() {
    for (int i = 0; i < count; ++i) {
      const auto rollout = world.deploy(name(i), release_of(i));
      ASSERT_TRUE(rollout.ok()) << to_string(rollout.status());
      ids.push_back(rollout->id);
    }
  }

  // Until only so many applications have anything under way. Looked at now and then, because looking costs.
  bool rest(std::size_t left) {
    for (int i = 0; i < 120; ++i) {
      world.run_for(seconds(1));
      if (world.engine().busy() == left) return true;
    }
    return false;
  }

  void expect_end_of(int i) {
    const bool good = release_of(i) == "1.1";
    const std::string serving = good ? "1.1" : "1.0";
    EXPECT_EQ(world.state_of(ids[static_cast<std::size_t>(i)]), good ? State::succeeded : State::rolled_back) << i;
    EXPECT_EQ(world.provider.weight_of(name(i), serving), kAllTraffic) << i;
    EXPECT_EQ(world.provider.ready_of(name(i), serving), 2) << i;
    EXPECT_EQ(world.provider.ready_of(name(i), good ? "1.0" : "1.2"), 0) << i;
  }

  World world;
  int count = 0;
  std::vector<std::string> ids;
};

TEST_F(Scale, AThousandRolloutsAtOnceAllEndRight) {
  open(kMany, [](int) { return "steps"; });
  deploy_all();
  EXPECT_EQ(world.engine().busy(), static_cast<std::size_t>(count));
  EXPECT_TRUE(rest(0));
  for (int i = 0; i < count && !HasFailure(); ++i) expect_end_of(i);
}

TEST_F(Scale, AStrategyThatNeverAnswersStopsOnlyTheRolloutsThatNeedIt) {
  world.plugins["strategies.stuck"] = [this](std::string_view, std::uint32_t method, const std::string& payload) {
    return simulate::serve<strategy::Interface>(world.strategy, method, payload);
  };
  const auto needs_it = [](int i) { return i % 10 == 0; };
  open(kSome, [&](int i) { return needs_it(i) ? "stuck" : "steps"; });
  world.fate = [](int, std::string_view to, std::uint32_t method) {
    const bool step = method == strategy::Interface::index_of<strategy::Step>();
    return to == "strategies.stuck" && step ? Fate::hang : Fate::good;
  };
  deploy_all();
  EXPECT_TRUE(rest(static_cast<std::size_t>(count) / 10));
  for (int i = 0; i < count && !HasFailure(); ++i) {
    if (!needs_it(i)) expect_end_of(i);
  }
  const auto stuck = world.get(ids[10]);
  EXPECT_EQ(stuck->state, State::progressing);
  EXPECT_THAT(stuck->why.details, Contains(HasSubstr("binding \"strategies.stuck\" has failed")));
  // Whoever gives up waiting gets out without the strategy's word.
  ASSERT_TRUE(world.act(ids[10], rollout::Action::abort).ok());
  EXPECT_TRUE(world.until_state(ids[10], State::rolled_back, seconds(30)));
  world.fate = nullptr;
  EXPECT_TRUE(rest(0));
  for (int i = 20; i < count && !HasFailure(); i += 10) expect_end_of(i);
}

}  // namespace
}  // namespace slipway::sim
