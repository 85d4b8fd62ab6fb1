// Writes that the store carries out when everybody has given up on them, and applications that are deleted and made
// anew meanwhile.
#include <gmock/gmock.h>

#include "tests/simulation/world.hpp"

namespace slipway::sim {
namespace {

using Fate = World::Fate;

class Late : public testing::Test {
 protected:
  Late() {
    world.start();
    world.make_stable(spec, "1.0");
    world.run_for(seconds(30));
  }
  ~Late() override { EXPECT_THAT(world.provider.violations(), testing::IsEmpty()); }
  void next_write_is_late() { next_write(Fate::late); }
  void next_write(Fate fate) {
    world.fate = [fate, first = true](int, std::string_view to, std::uint32_t method) mutable {
      const bool strikes = to == "storage" && method == kWrite && std::exchange(first, false);
      return strikes ? fate : Fate::good;
    };
  }
  Control::Answer<Empty> removal() {
    return world.engine().delete_application(world.somebody, "shop", {}, rollout::Mode::commit);
  }
  static constexpr const char* kGivenUp = "UNAVAILABLE: the store does not take the decision: no answer from storage";

  World world;
  rollout::ApplicationSpec spec = world.shop();
};

TEST_F(Late, ADeletionIsFinished) {
  next_write_is_late();
  EXPECT_EQ(to_string(world.ask(removal()).status()), kGivenUp);
  EXPECT_TRUE(world.until([&] { return !world.provider.knows("shop", "1.0"); }, seconds(30)));
  world.run_for(seconds(1));
  EXPECT_EQ(to_string(world.make_application(spec)), "OK: ");
}

TEST_F(Late, ARolloutIsBegun) {
  (void)world.make_release("shop", "1.1");
  world.run_for(seconds(1));
  next_write_is_late();
  EXPECT_EQ(to_string(world.deploy("shop", "1.1").status()), kGivenUp);
  EXPECT_TRUE(world.until([&] { return world.provider.weight_of("shop", "1.1") == kAllTraffic; }, seconds(120)));
}

TEST_F(Late, AChangeOfReplicasIsCarriedOut) {
  spec.replicas = 6;
  next_write_is_late();
  EXPECT_EQ(to_string(world.make_application(spec)), kGivenUp);
  EXPECT_TRUE(world.until([&] { return world.provider.ready_of("shop", "1.0") == 6; }, seconds(60)));
}

// The look for it finds nothing new: the loop goes on, and no plugin is asked once more.
TEST_F(Late, AWriteThatNeverCameDisturbsNobodyWhoHasReadSince) {
  (void)world.make_release("shop", "1.1");
  const auto rollout = world.deploy("shop", "1.1");
  ASSERT_TRUE(rollout.ok()) << to_string(rollout.status());
  world.run_for(seconds(1));
  const auto paused = world.act(rollout->id, rollout::Action::pause);
  ASSERT_TRUE(paused.ok()) << to_string(paused.status());
  world.run_for(seconds(5));
  next_write(Fate::hang);
  spec.replicas = 6;
  EXPECT_EQ(to_string(world.make_application(spec)), kGivenUp);
  world.provider.cry_wolf("acme", "shop");  // its loop looks, and reads what is stored
  world.run_for(seconds(2));
  std::vector<std::string> asked;
  world.on_sent = [&](const World::Call& call) {
    if (call.binding != "storage") asked.emplace_back(call.binding);
  };
  world.run_for(seconds(5));
  EXPECT_THAT(asked, testing::IsEmpty());
}

TEST_F(Late, AReleaseWhoseAnswerIsLostIsCreatedOnce) {
  world.fate = [lost = true](int, std::string_view to, std::uint32_t method) mutable {
    const bool strikes = to == "storage" && method == kWrite && std::exchange(lost, false);
    return strikes ? Fate::fail_after : Fate::good;
  };
  EXPECT_EQ(to_string(world.make_release("shop", "1.1")), "OK: ");
  EXPECT_EQ(world.ask(world.engine().release(world.somebody, "shop", "1.1"))->name, "1.1");
}

TEST_F(Late, AReleaseOfWhichTheStoreSaysNothingMayHaveBeenCreatedAndSoItIsSaid) {
  next_write(Fate::late);
  EXPECT_EQ(to_string(world.make_release("shop", "1.1")),
            "UNAVAILABLE: it is not known whether the release was stored; ask for it: no answer from storage");
  world.run_for(seconds(30));
  EXPECT_TRUE(world.ask(world.engine().release(world.somebody, "shop", "1.1")).ok());
}

// One driver sees both: it was at work, and looks once more for what has come late.
TEST_F(Late, AnApplicationMadeAnewHasNoneOfTheReleasesOfTheOneBefore) {
  const auto orders = world.provider.orders().size();
  spec.replicas = 5;
  ASSERT_TRUE(world.make_application(spec).ok());
  ASSERT_TRUE(world.until([&] { return world.provider.orders().size() > orders; }, seconds(10)));
  world.run_for(milliseconds(100));  // what was written for the order is through
  spec.replicas = 6;
  next_write_is_late();
  EXPECT_EQ(to_string(world.make_application(spec)), kGivenUp);
  world.run_for(seconds(2));
  ASSERT_TRUE(world.ask(removal()).ok());
  const auto gone = [&] { return world.storage.find(rollout::keys::removal("acme", "shop")) == nullptr; };
  ASSERT_TRUE(world.until(gone, seconds(1)));
  ASSERT_TRUE(world.make_application(spec).ok());
  rollout::ReleaseRequest another{.release = {.version = "1.0", .command = {"/bin/another"}}};
  ASSERT_TRUE(world.ask(world.engine().create_release(world.somebody, "shop", another, rollout::Mode::commit)).ok());
  ASSERT_TRUE(world.deploy("shop", "1.0").ok());
  ASSERT_TRUE(world.until([&] { return world.provider.ready_of("shop", "1.0") == 6; }, seconds(60)));
  EXPECT_THAT(world.provider.orders().back().groups.at(0).release.command, testing::ElementsAre("/bin/another"));
}

}  // namespace
}  // namespace slipway::sim
