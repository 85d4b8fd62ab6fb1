#include <gtest/gtest.h>

#include <slipway/retry_after.hpp>

namespace slipway {
namespace {

std::optional<Duration> asked(std::string_view text) {
  return retry_after(text, *parse_instant("1994-11-06T08:49:00Z"));
}

TEST(RetryAfter, IsSecondsOrADate) {
  EXPECT_EQ(asked("7"), seconds(7));
  EXPECT_EQ(asked("Sun, 06 Nov 1994 08:49:37 GMT"), seconds(37));
  EXPECT_EQ(asked("Sun, 06 Nov 1994 08:00:00 GMT"), Duration{});
  EXPECT_EQ(asked("Tue, 07 Feb 1995 08:49:00 GMT"), seconds(7 * 24 * 3600));
  EXPECT_EQ(asked("99999999999"), seconds(7 * 24 * 3600));
}

TEST(RetryAfter, IsNothingWhenMalformed) {
  for (const char* text :
       {"", "soon", "-1", "7s", "99999999999999999999", "Sun, 06 Nov 1994 08:49:37 CET",
        "Sun, 06 Foo 1994 08:49:37 GMT", "Sun, 99 Nov 1994 08:49:37 GMT", "Sunday, 06-Nov-94 08:49:37 GMT"})
    EXPECT_EQ(asked(text), std::nullopt) << text;
}

}  // namespace
}  // namespace slipway
