#include <gtest/gtest.h>

#include <map>

#include "plugins/analyzers/threshold/expression.hpp"

namespace slipway::threshold {
namespace {

using Values = std::map<std::string, double>;

Lookup lookup_in(const Values& values) {
  return [&values](const std::string& name) -> std::optional<double> {
    const auto found = values.find(name);
    return found == values.end() ? std::nullopt : std::optional(found->second);
  };
}

std::string answer(const std::string& text, const Values& values = {}) {
  const auto expression = parse(text);
  if (!expression.ok()) return expression.status().message;
  const Outcome outcome = evaluate(*expression, lookup_in(values));
  switch (outcome.truth) {
    case Truth::no:
      return "no";
    case Truth::yes:
      return "yes";
    case Truth::unclear:
      return "unclear";
    case Truth::missing:
      return "missing " + outcome.missing;
  }
  return "?";
}

TEST(ThresholdExpression, ComparesNumbersWithUnits) {
  EXPECT_EQ(answer("error_ratio < 5%", {{"error_ratio", 0.049}}), "yes");
  EXPECT_EQ(answer("error_ratio < 5%", {{"error_ratio", 0.05}}), "no");
  EXPECT_EQ(answer("error_ratio <= 5%", {{"error_ratio", 0.05}}), "yes");
  EXPECT_EQ(answer("latency_p99 > 1.5s", {{"latency_p99", 1501}}), "yes");
  EXPECT_EQ(answer("latency_p99 >= 800us", {{"latency_p99", 0.8}}), "yes");
  EXPECT_EQ(answer("failures == 0", {{"failures", 0}}), "yes");
  EXPECT_EQ(answer("failures != 0", {{"failures", 0}}), "no");
}

TEST(ThresholdExpression, TimesBindCloserThanPlusThanComparisonsThanNotThanAndThanOr) {
  EXPECT_EQ(answer("1 + 2 * 3 == 7"), "yes");
  EXPECT_EQ(answer("(1 + 2) * 3 == 9"), "yes");
  EXPECT_EQ(answer("10 - 2 - 3 == 5"), "yes");
  EXPECT_EQ(answer("8 / 2 / 2 == 2"), "yes");
  EXPECT_EQ(answer("-2 * -3 == 6"), "yes");
  EXPECT_EQ(answer("1 < 2 or 1 > 2 and 1 > 2"), "yes");
  EXPECT_EQ(answer("not 1 > 2 and 1 < 2"), "yes");
  EXPECT_EQ(answer("!(1 < 2) || !(1 > 2) && 3 > 2"), "yes");
}

TEST(ThresholdExpression, ComparesWithTheBaseline) {
  EXPECT_EQ(
      answer("error_ratio <= baseline.error_ratio * 1.5 + 1%", {{"error_ratio", 0.04}, {"baseline.error_ratio", 0.02}}),
      "yes");
}

TEST(ThresholdExpression, AMissingValueDecidesNothingUnlessTheRestDecides) {
  EXPECT_EQ(answer("a < 1"), "missing a");
  EXPECT_EQ(answer("not a < 1"), "missing a");
  EXPECT_EQ(answer("a < 1 and b < 1", {{"b", 0}}), "missing a");
  EXPECT_EQ(answer("a < 1 and b < 1", {{"b", 2}}), "no");
  EXPECT_EQ(answer("b < 1 and a < 1", {{"b", 2}}), "no");
  EXPECT_EQ(answer("a < 1 or b < 1", {{"b", 0}}), "yes");
  EXPECT_EQ(answer("a < 1 or b < 1", {{"b", 2}}), "missing a");
  EXPECT_EQ(answer("a + baseline.b < 1", {{"a", 2}}), "missing baseline.b");
}

TEST(ThresholdExpression, WhatIsNoNumberIsUnclear) {
  EXPECT_EQ(answer("a / b < 1", {{"a", 0}, {"b", 0}}), "unclear");
  EXPECT_EQ(answer("a / b < 1", {{"a", 3}, {"b", 0}}), "no");
  EXPECT_EQ(answer("a / b < 1 or a == 0", {{"a", 0}, {"b", 0}}), "yes");
}

TEST(ThresholdExpression, FaultsNameTheColumnAndWhatIsWanted) {
  EXPECT_EQ(answer(""), "column 1: want a number, a name or \"(\", not the end");
  EXPECT_EQ(answer("error_ratio <"), "column 14: want a number, a name or \"(\", not the end");
  EXPECT_EQ(answer("error_ratio < < 5"), "column 15: want a number, a name or \"(\", not \"<\"");
  EXPECT_EQ(answer("error_ratio = 5"), "column 13: want the end, \"and\" or \"or\", not \"=\"");
  EXPECT_EQ(answer("a < 5 b"), "column 7: want the end, \"and\" or \"or\", not \"b\"");
  EXPECT_EQ(answer("(a < 5"), "column 7: want \")\", not the end");
  EXPECT_EQ(answer("a < 5 minutes"), "column 7: want the end, \"and\" or \"or\", not \"minutes\"");
  EXPECT_EQ(answer("a < 5min"), "column 5: want a unit of %, us, ms and s, not \"min\"");
  EXPECT_EQ(answer("0 < a < 1"), "column 9: comparisons can't be chained; join them with \"and\"");
  EXPECT_EQ(answer("a + 1"), "want a condition like \"error_ratio < 5%\", this is a number");
  EXPECT_EQ(answer("a and b < 1"), "column 1: want a condition, this is a number");
  EXPECT_EQ(answer("(a < 1) + 1 < 2"), "column 1: want a number, this is a condition");
  EXPECT_EQ(answer("stable.x < 1"), "column 1: want a name or baseline.<name>, not \"stable.x\"");
  EXPECT_EQ(answer("baseline. < 1"), "column 1: want a name or baseline.<name>, not \"baseline.\"");
  EXPECT_EQ(answer("a < 1 and and"), "column 11: want a number, a name or \"(\", not \"and\"");
  EXPECT_EQ(answer("a < 5\xe2\x82\xac"), "column 6: want the end, \"and\" or \"or\", not \"\xe2\x82\xac\"");
}

TEST(ThresholdExpression, IsBoundedInBytesDepthAndNodes) {
  EXPECT_EQ(answer(std::string(1025, ' ')), "the condition has 1025 bytes, at most 1024 are allowed");
  EXPECT_EQ(answer(std::string(200, '(') + "1 < 2"), "column 17: nested deeper than 32 levels");
  std::string sum = "1";
  for (int i = 0; i < 200; ++i) sum += "+1";
  EXPECT_EQ(answer(sum + " < 2"), "column 258: more than 256 numbers, names and operators");
}

}  // namespace
}  // namespace slipway::threshold
