#include "tools/kit/contract.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <set>

namespace slipway::kit {
namespace {

using ::testing::Contains;
using ::testing::SizeIs;

TEST(Contract, EveryWalkEndsInDestroyAndFollowsTheTransitions) {
  for (const Walk& walk : walks()) {
    State at = State::created;
    for (const Step step : walk) {
      const auto* const next = std::ranges::find_if(
          kTransitions, [&](const Transition& transition) { return transition.from == at && transition.step == step; });
      ASSERT_NE(next, kTransitions.end()) << name_of(walk);
      at = next->to;
    }
    EXPECT_EQ(at, State::stopped) << name_of(walk);
  }
}

TEST(Contract, TheWalksTakeEveryTransitionAndAreAllDifferent) {
  std::set<std::string> names;
  for (const Walk& walk : walks()) names.insert(name_of(walk));
  EXPECT_THAT(names, SizeIs(walks().size()));
  EXPECT_THAT(names, Contains("create_destroy"));
  EXPECT_THAT(names, Contains("create_start_destroy"));
  EXPECT_THAT(names, Contains("create_start_call_quiesce_call_quiesce_destroy"));
  EXPECT_THAT(names, SizeIs(13));
}

TEST(Contract, NothingOfTheHostMayBeUsedOnceDestroyHasReturned) {
  for (const HostFunction& function : kHostFunctions)
    EXPECT_FALSE(is_allowed(function.name, State::gone)) << function.name;
}

TEST(Contract, CallsAreCompletedOnlyWhileTheyCanBeOpen) {
  EXPECT_FALSE(is_allowed("complete", State::created));
  EXPECT_TRUE(is_allowed("complete", State::started));
  EXPECT_TRUE(is_allowed("complete", State::draining));
  EXPECT_FALSE(is_allowed("complete", State::stopped));
  EXPECT_TRUE(is_allowed("log", State::stopped));
}

}  // namespace
}  // namespace slipway::kit
