#include "host/config/expressions.hpp"

#include <gtest/gtest.h>

namespace slipway::config {
namespace {

TEST(Expressions, AreCompiledOnceAndKeptByWhoeverUsesThem) {
  const auto first = expression("^[a-z]+$");
  ASSERT_NE(first, nullptr);
  EXPECT_EQ(expression("^[a-z]+$"), first);
  EXPECT_TRUE(std::regex_search("abc", *first));
  // Of those that come after it only so many are kept.
  for (int i = 0; i < 200; ++i) EXPECT_NE(expression("x{" + std::to_string(i) + "}"), nullptr);
  EXPECT_TRUE(std::regex_search("abc", *first));
  EXPECT_FALSE(std::regex_search("12", *expression("^[a-z]+$")));
}

TEST(Expressions, WhatIsNoneIsNull) { EXPECT_EQ(expression("("), nullptr); }

TEST(Expressions, ANumberThatNoIntegerHoldsIsNone) {
  const std::string huge(30, '3');
  for (const std::string& pattern : {"a{" + huge + "}", "a{1," + huge + "}", "\\" + huge, "(a)\\1{" + huge})
    EXPECT_EQ(expression(pattern), nullptr) << pattern;
  EXPECT_NE(expression("^" + huge + "$"), nullptr);
  EXPECT_NE(expression("a{2,9}"), nullptr);
}

}  // namespace
}  // namespace slipway::config
