// A strategy's plugin that is exchanged between a question and its answer.
#include "tests/simulation/renewed_strategy.hpp"
#include "tests/simulation/shipped.hpp"

namespace slipway::sim {
namespace {

constexpr const char* kCanary = "strategies.canary";
constexpr std::uint32_t kStep = strategy::Interface::index_of<strategy::Step>();
constexpr std::uint32_t kMigrate = strategy::Interface::index_of<strategy::Migrate>();

class Swapped : public Shipped {
 protected:
  Swapped() {
    world.versions[kCanary] = "1.0.0";
    prepare("canary", {{"steps", {{{"weight", "5%"}}, {{"pause", {{"duration", "2s"}}}}, {{"weight", "50%"}}}}});
  }
  void come(const std::string& version) {
    world.versions[kCanary] = version;
    world.plugins[kCanary] =
        renewed([this](std::string_view interface, std::uint32_t method, const std::string& payload) {
          return canary.call(interface, method, payload);
        });
  }
  // Once the n-th such call is on its way.
  void at_call(std::uint32_t method, int number, std::function<void()> swap) {
    world.fate_of = [=, count = 0](World::Side, std::string_view to, std::uint32_t called) mutable {
      if (to == kCanary && called == method && ++count == number) swap();
      return World::Fate::good;
    };
  }
  // By what the renewed one adds to its reasons; how many decisions each version has.
  std::map<std::string, int> decisions(const std::string& id) {
    std::map<std::string, int> count;
    for (const auto& entry : world.journal(id)) {
      const Json detail = tree_of(entry.detail);
      if (!detail.is_object() || !detail.contains("strategy")) continue;
      ++count[detail.at("strategy")];
      EXPECT_EQ(detail.at("strategy") == "1.0.0", entry.reason.find("(renewed)") == std::string::npos) << entry.reason;
    }
    return count;
  }
};

TEST_F(Swapped, TheJournalNamesTheVersionThatAnswered) {
  for (const int number : {1, 2, 4}) {
    SCOPED_TRACE(number);
    const std::string release = "2." + std::to_string(number);
    (void)world.make_release("shop", release);
    at_call(kStep, number, [this] { come("2.0.0"); });
    const auto rollout = world.deploy("shop", release);
    ASSERT_TRUE(world.until_state(rollout->id, State::succeeded)) << text_of(rollout->id);
    const auto made = decisions(rollout->id);
    EXPECT_EQ(made.contains("1.0.0"), number > 1);
    EXPECT_TRUE(made.contains("2.0.0"));
    world.fate_of = nullptr;
    world.versions[kCanary] = "1.0.0";
    use(kCanary, canary);
  }
}

TEST_F(Swapped, AStateIsOfTheVersionThatTookItOver) {
  at_call(kMigrate, 1, [this] { world.versions[kCanary] = "2.0.1"; });
  const std::string id = deploy();
  ASSERT_TRUE(world.until([&] { return world.provider.weight_of("shop", "1.1") == 50'000; }));
  come("2.0.0");
  ASSERT_TRUE(world.until_state(id, State::succeeded)) << text_of(id);
  EXPECT_FALSE(decisions(id).contains("2.0.0"));
  std::string went;
  for (const auto& entry : world.journal(id)) went += entry.kind == "strategy" ? entry.reason : "";
  EXPECT_EQ(went, "strategy canary went from 1.0.0 to 2.0.1 and took its state along");
}

TEST_F(Swapped, EveryHostTellsWhoIsWaitedForWhenNobodyCanGoOn) {
  world.start_second();
  const std::string id = deploy();
  ASSERT_TRUE(world.until([&] { return world.provider.weight_of("shop", "1.1") == 50'000; }));
  come("2.0.0");
  ASSERT_TRUE(world.until([&] { return decisions(id).contains("2.0.0") || rollout::has_ended(world.state_of(id)); }));
  world.versions[kCanary] = "1.0.0";
  use(kCanary, canary);
  for (const World::Side side : {World::Side::first, World::Side::second}) {
    world.use(side);
    ASSERT_TRUE(world.until([&] { return world.get(id)->why.waits_for.starts_with("a person: "); }))
        << encode_text(*world.get(id));
    EXPECT_THAT(world.get(id)->why.waits_for,
                testing::EndsWith("bring it back with \"slipway binding swap strategies.canary 2.0.0\", or abort the "
                                  "rollout"));
  }
  come("2.0.0");
  EXPECT_TRUE(world.until_state(id, State::succeeded)) << text_of(id);
}

}  // namespace
}  // namespace slipway::sim
