// Where a rollback goes to, and what a dry run says of it.
#include <gtest/gtest.h>

#include "tests/simulation/world.hpp"

namespace slipway::sim {
namespace {

using rollout::Action;

class Undo : public testing::Test {
 protected:
  Undo() {
    world.start();
    world.make_stable(world.shop(), "1.0");
    for (const char* version : {"1.1", "1.2"}) (void)world.make_release("shop", version);
  }
  std::string promote(const std::string& release) {
    const auto rollout = world.deploy("shop", release);
    EXPECT_TRUE(rollout.ok()) << to_string(rollout.status());
    EXPECT_TRUE(world.until_state(rollout->id, State::succeeded));
    return rollout->id;
  }
  Result<rollout::Rollout> dry(const std::string& id) {
    return world.ask(world.engine().act(world.somebody, id, Action::rollback, {}, {}, rollout::Mode::dry_run));
  }
  World world;
};

TEST_F(Undo, ARollbackGoesToWhatTheRolloutReplacedNotToWhatWasLeftBefore) {
  const auto back = world.act(promote("1.1"), Action::rollback);
  ASSERT_TRUE(back.ok());
  ASSERT_TRUE(world.until_state(back->id, State::succeeded));
  const auto again = world.act(promote("1.2"), Action::rollback);
  ASSERT_TRUE(again.ok()) << to_string(again.status());
  EXPECT_EQ(again->to_release, "1.0");
}

TEST_F(Undo, ARollbackOfAWayBackDoesNotReturnToWhatWasLeft) {
  const auto back = world.act(promote("1.1"), Action::rollback);
  ASSERT_TRUE(back.ok());
  ASSERT_TRUE(world.until_state(back->id, State::succeeded));
  EXPECT_EQ(world.act(back->id, Action::rollback).status().message,
            "application shop has no other release that served well than 1.1, which it has left; name it to go there "
            "all the same");
  EXPECT_EQ(world.act(back->id, Action::rollback, {.to = "1.1"})->to_release, "1.1");
}

TEST_F(Undo, ADryRunRefusesWhatTheDeedWouldRefuse) {
  const std::string first = promote("1.1");
  EXPECT_EQ(dry(first)->to_release, "1.0");
  const auto next = world.deploy("shop", "1.2");
  ASSERT_TRUE(next.ok());
  ASSERT_TRUE(world.until_state(next->id, State::progressing));
  const auto refused = world.act(first, Action::rollback);
  EXPECT_EQ(refused.status().code, Code::failed_precondition);
  EXPECT_EQ(to_string(dry(first).status()), to_string(refused.status()));
  const rollout::RolloutRequest same{.application = "shop", .release = "1.1"};
  EXPECT_EQ(to_string(world.ask(world.engine().plan_rollout(world.somebody, same)).status()),
            to_string(refused.status()));
  ASSERT_TRUE(world.until_state(next->id, State::succeeded));
  const rollout::RolloutRequest stable{.application = "shop", .release = "1.2"};
  EXPECT_EQ(world.ask(world.engine().plan_rollout(world.somebody, stable)).status().message,
            "release 1.2 of shop is stable already");
}

}  // namespace
}  // namespace slipway::sim
