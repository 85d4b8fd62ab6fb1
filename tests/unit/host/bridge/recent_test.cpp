#include "host/bridge/recent.hpp"

#include <gtest/gtest.h>

#include "host/bridge/tally.hpp"

namespace slipway::bridge {
namespace {

constexpr Span kSpan{.time = seconds(10), .calls = 100};

Tally::Counts counts(std::uint64_t calls, std::uint64_t faults = 0) { return {.calls = calls, .faults = faults}; }

TEST(Recent, BeginsWithWhatWasThereAtFirst) {
  Recent recent(counts(1'000, 3));
  const auto grown = recent.grown_to(counts(1'020, 23), seconds(1), kSpan);
  EXPECT_EQ(grown.calls, 20U);
  EXPECT_EQ(grown.faults, 20U);
}

TEST(Recent, LooksBackOverTheLastOneToTwoSpans) {
  Recent recent(counts(0));
  EXPECT_EQ(recent.grown_to(counts(500), seconds(10), kSpan).calls, 500U);
  EXPECT_EQ(recent.grown_to(counts(600), seconds(19), kSpan).calls, 600U) << "the second has not lasted yet";
  EXPECT_EQ(recent.grown_to(counts(700), seconds(20), kSpan).calls, 700U);
  EXPECT_EQ(recent.grown_to(counts(750), seconds(21), kSpan).calls, 250U) << "the first is forgotten";
}

TEST(Recent, ASpanWithTooFewCallsGoesOn) {
  Recent recent(counts(0));
  EXPECT_EQ(recent.grown_to(counts(99), seconds(1'000), kSpan).calls, 99U);
  EXPECT_EQ(recent.grown_to(counts(100), seconds(1'001), kSpan).calls, 100U);
  EXPECT_EQ(recent.grown_to(counts(199), seconds(2'000), kSpan).calls, 199U);
  EXPECT_EQ(recent.grown_to(counts(200), seconds(2'001), kSpan).calls, 200U);
  EXPECT_EQ(recent.grown_to(counts(201), seconds(2'002), kSpan).calls, 101U);
}

}  // namespace
}  // namespace slipway::bridge
