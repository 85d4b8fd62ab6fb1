#include "host/lifecycle/start_order.hpp"

#include <gmock/gmock.h>

namespace slipway::lifecycle {
namespace {

using ::testing::ElementsAre;

TEST(StartOrder, StorageComesFirstAndTheRestByName) {
  EXPECT_THAT(*start_order({{"canary", {}}, {"local", {}}, {"sqlite", {}}}, "sqlite"),
              ElementsAre("sqlite", "canary", "local"));
}

TEST(StartOrder, WhatStorageNeedsComesBeforeIt) {
  EXPECT_THAT(*start_order({{"env", {}}, {"canary", {}}, {"postgres", {"env"}}}, "postgres"),
              ElementsAre("env", "postgres", "canary"));
}

TEST(StartOrder, EachFollowsAllThatItNeeds) {
  EXPECT_THAT(*start_order({{"a", {"c", "b"}}, {"b", {"c"}}, {"c", {}}, {"d", {"a"}}}, ""),
              ElementsAre("c", "b", "a", "d"));
}

TEST(StartOrder, ANeedThatIsNotThereIsPassedOver) {
  EXPECT_THAT(*start_order({{"a", {"gone"}}}, "gone"), ElementsAre("a"));
}

TEST(StartOrder, ACircleIsToldFromItsFirstMemberRound) {
  const auto order = start_order({{"a", {"b"}}, {"b", {"c"}}, {"c", {"d"}}, {"d", {"b"}}}, "");
  EXPECT_EQ(order.status().message, "\"b\" needs \"c\", \"c\" needs \"d\", \"d\" needs \"b\"");
  EXPECT_EQ(start_order({{"a", {"a"}}}, "").status().message, "\"a\" needs \"a\"");
}

}  // namespace
}  // namespace slipway::lifecycle
