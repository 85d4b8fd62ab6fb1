// Events that are kept, and what somebody is told who asks for older ones.
#include <gmock/gmock.h>

#include "tests/simulation/world.hpp"

namespace slipway::sim {
namespace {

class Events : public testing::Test {
 protected:
  Events() {
    world.events.keep = 100;
    world.start();
    (void)world.make_application(world.shop());
  }
  std::size_t kept() const { return world.storage.stream("acme", "events").size(); }
  Result<std::vector<rollout::Event>> after(std::int64_t event) {
    return world.ask(world.engine().events(world.somebody, event, 500, Duration{}));
  }
  World world;
};

TEST_F(Events, OldOnesGoWhateverTheyAreAbout) {
  for (int i = 0; i < 400; ++i) {
    (void)world.make_release("shop", "1." + std::to_string(i));
    EXPECT_LE(kept(), 100U + 64U);
  }
  world.run_for(seconds(1));
  EXPECT_GE(kept(), 100U);
}

TEST_F(Events, WhoResumesFromATrimmedOneIsToldSoAndWhatThereIs) {
  for (int i = 0; i < 200; ++i) (void)world.make_release("shop", "1." + std::to_string(i));
  world.run_for(seconds(1));
  const std::int64_t newest = *world.ask(world.engine().newest_event(world.somebody));
  const std::int64_t first = newest - static_cast<std::int64_t>(kept()) + 1;
  ASSERT_GT(first, 2);
  EXPECT_EQ(to_string(after(first - 2).status()), "OUT_OF_RANGE: events after " + std::to_string(first - 2) +
                                                      " are not kept: there are " + std::to_string(first) + " to " +
                                                      std::to_string(newest));
  ASSERT_TRUE(after(first - 1).ok());
  EXPECT_EQ(after(first - 1)->front().id, first);
  EXPECT_EQ(after(newest + 1).status().code, Code::out_of_range);
}

TEST_F(Events, ANotifierThatWasAwayForTooLongGoesOnWithWhatIsThere) {
  world.fate = [](int, std::string_view to, std::uint32_t) {
    return to == "notifiers.hook" ? World::Fate::fail_before : World::Fate::good;
  };
  for (int i = 0; i < 300; ++i) (void)world.make_release("shop", "1." + std::to_string(i));
  world.fate = nullptr;
  const auto is_last = [&] {
    return !world.notifier.sent.empty() && world.notifier.sent.back().data.value("name", "") == "1.299";
  };
  EXPECT_TRUE(world.until(is_last, seconds(60)));
  EXPECT_GE(world.notifier.sent.size(), kept() - 1);
}

// The store was restored from an older copy: the provider knows a newer order than the engine.
TEST_F(Events, AnOrderThatTheProviderHasOutrunIsNumberedAnew) {
  world.make_stable(world.shop(), "1.0");
  provider::Desired newer = world.provider.orders().back();
  newer.generation += 5;
  (void)world.provider.apply(newer);
  (void)world.make_release("shop", "1.1");
  const auto rollout = world.deploy("shop", "1.1");
  ASSERT_TRUE(rollout.ok());
  // What is stored then is what other hosts tell.
  const auto numbered_anew = [&] { return world.journal(rollout->id).back().kind == "resumed"; };
  ASSERT_TRUE(world.until(numbered_anew, seconds(30)));
  const auto stored = parse_json(world.storage.find(rollout::keys::rollout("acme", rollout->id))->value);
  EXPECT_EQ(stored->at("rollout").at("groups").at(0).value("ready", 0), 4);
  EXPECT_TRUE(world.until_state(rollout->id, State::succeeded)) << encode_text(*world.get(rollout->id));
  EXPECT_EQ(world.provider.weight_of("shop", "1.1"), kAllTraffic);
  const auto entries = world.journal(rollout->id);
  EXPECT_TRUE(std::any_of(entries.begin(), entries.end(), [&](const auto& entry) {
    return entry.reason.starts_with("the provider has seen order " + std::to_string(newer.generation));
  }));
  // And with nothing under way.
  newer = world.provider.orders().back();
  newer.generation += 5;
  (void)world.provider.apply(newer);
  auto spec = world.shop();
  spec.replicas = 6;
  ASSERT_TRUE(world.make_application(spec).ok());
  EXPECT_TRUE(world.until([&] { return world.provider.ready_of("shop", "1.1") == 6; }, seconds(30)));
  EXPECT_GT(world.application("shop")->generation, newer.generation);
}

}  // namespace
}  // namespace slipway::sim
