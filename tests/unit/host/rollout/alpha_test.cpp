#include "host/rollout/alpha.hpp"

#include <gtest/gtest.h>

namespace slipway::rollout {
namespace {

TEST(Alpha, IsSharedByTheWeightsOfTheRunsThatArePlanned) {
  AlphaBudget budget{.parts = {{"errors", {.weight = 1, .planned = 2}}, {"latency", {.weight = 4, .planned = 1}}}};
  EXPECT_DOUBLE_EQ(take_share(budget, "errors"), 0.15);
  EXPECT_DOUBLE_EQ(take_share(budget, "latency"), 0.6);
  EXPECT_DOUBLE_EQ(take_share(budget, "errors"), 0.15);
}

TEST(Alpha, IsNeverSpentTwiceHoweverOftenAnalysesBegin) {
  AlphaBudget budget{.parts = {{"errors", {.weight = 1, .planned = 2}}, {"latency", {.weight = 4, .planned = 1}}}};
  double sum = 0;
  for (int run = 0; run < 100'000; ++run) {
    const double share = take_share(budget, run % 3 == 0 ? "latency" : run % 3 == 1 ? "errors" : "unheard-of");
    EXPECT_GT(share, 0);
    sum += share;
  }
  EXPECT_LE(sum, 1);
  EXPECT_GT(sum, 0.999);
}

TEST(Alpha, IsNeverSpentTwiceWithoutAPlan) {
  AlphaBudget budget;
  EXPECT_DOUBLE_EQ(take_share(budget, "errors"), 0.5);
  double sum = 0.5;
  for (int run = 0; run < 100'000; ++run) sum += take_share(budget, "errors");
  EXPECT_LE(sum, 1);
}

TEST(Alpha, IsNoneOfWhatSpendsNothing) {
  AlphaBudget budget{.parts = {{"errors", {.weight = 1, .planned = 1}}, {"page", {.weight = 0, .planned = 5}}}};
  EXPECT_EQ(take_share(budget, "page"), 1);
  EXPECT_DOUBLE_EQ(take_share(budget, "errors"), 0.9);
  EXPECT_EQ(take_share(budget, "page"), 1);
}

}  // namespace
}  // namespace slipway::rollout
