#include "host/rollout/store.hpp"

#include <gtest/gtest.h>

namespace slipway::rollout {
namespace {

const Status kStoresWords(Code::invalid_argument, "\"after\" is no cursor of this store");

TEST(Pages, ACursorThatTheStoreRefusesIsToldInTheWordsOfWhoAsked) {
  const Status told = page_fault(kStoresWords, "rubbish");
  EXPECT_EQ(told.code, Code::invalid_argument);
  EXPECT_EQ(told.message, "the query is not valid");
  ASSERT_EQ(told.problems.size(), 1U);
  EXPECT_EQ(told.problems[0].path, "?cursor");
  EXPECT_EQ(told.problems[0].value, "\"rubbish\"");
  EXPECT_EQ(told.problems[0].message, "want the next_cursor of the page before, or none for the first page");
  EXPECT_EQ(page_fault(kStoresWords, std::string(1000, 'x')).problems[0].value.size(), 122U);
}

TEST(Pages, OtherFaultsStayAsTheyAre) {
  EXPECT_EQ(page_fault(kStoresWords, "").message, kStoresWords.message) << "no cursor was given";
  EXPECT_EQ(page_fault(Status(Code::unavailable, "away"), "rubbish").message, "away");
}

}  // namespace
}  // namespace slipway::rollout
