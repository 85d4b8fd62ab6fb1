#include "host/base/semver.hpp"

#include <gtest/gtest.h>

namespace slipway::base {
namespace {

bool in_range(std::string_view range, std::string_view version) {
  const auto parsed = parse_range(range);
  EXPECT_TRUE(parsed.ok()) << range;
  return parsed.ok() && parsed->contains(*parse_version(version));
}

TEST(Semver, AVersionIsSpelledAsItWasRead) {
  for (const auto* text : {"0.0.0", "1.2.3", "10.20.30", "1.0.0-rc.1", "1.0.0-0a.x-y+build.007", "1.0.0+5f3a"}) {
    const auto version = parse_version(text);
    ASSERT_TRUE(version.ok()) << text;
    EXPECT_EQ(to_string(*version), text);
  }
}

TEST(Semver, TextThatIsNoVersionIsRefused) {
  for (const auto* text : {"", "1", "1.2", "1.2.3.4", "01.2.3", "1.02.3", "v1.2.3", "1.2.3-", "1.2.3+", "1.2.3-01",
                           "1.2.3-a..b", "1.2.3-a.", "1.2.3 ", "1.2.x", "-1.2.3", "99999999999.0.0", "1.2.3-ü"}) {
    EXPECT_EQ(parse_version(text).status().message, "want a version like \"1.4.0\" or \"2.0.0-rc.1\"") << text;
  }
  EXPECT_FALSE(parse_version("1.2.3-" + std::string(200, 'a')).ok());
}

TEST(Semver, PrecedenceFollowsTheSpecification) {
  const char* const ascending[] = {"0.9.9",        "1.0.0-1",       "1.0.0-2",          "1.0.0-10",
                                   "1.0.0-alpha",  "1.0.0-alpha.1", "1.0.0-alpha.beta", "1.0.0-beta",
                                   "1.0.0-beta.2", "1.0.0-beta.11", "1.0.0-rc.1",       "1.0.0",
                                   "1.0.1",        "1.1.0",         "1.10.0",           "2.0.0"};
  for (std::size_t i = 0; i + 1 < std::size(ascending); ++i) {
    const auto a = *parse_version(ascending[i]);
    const auto b = *parse_version(ascending[i + 1]);
    EXPECT_LT(a, b) << ascending[i] << " " << ascending[i + 1];
    EXPECT_GT(b, a) << ascending[i] << " " << ascending[i + 1];
  }
  EXPECT_EQ(*parse_version("1.0.0+a"), *parse_version("1.0.0+b"));
}

struct Case {
  const char* range;
  const char* inside;  // separated by spaces
  const char* outside;
};

class Ranges : public testing::TestWithParam<Case> {};

TEST_P(Ranges, HoldWhatTheyPromiseAndNothingElse) {
  const auto each = [&](std::string text, bool wanted) {
    for (std::size_t at = 0; at < text.size();) {
      const auto end = std::min(text.find(' ', at), text.size());
      const auto version = text.substr(at, end - at);
      EXPECT_EQ(in_range(GetParam().range, version), wanted) << GetParam().range << " and " << version;
      at = end + 1;
    }
  };
  each(GetParam().inside, true);
  each(GetParam().outside, false);
}

INSTANTIATE_TEST_SUITE_P(
    Semver, Ranges,
    testing::Values(
        Case{"*", "0.0.0 1.2.3 9.0.0", "1.0.0-rc.1"}, Case{"1.2.3", "1.2.3 1.2.3+b", "1.2.2 1.2.4 1.2.3-rc.1"},
        Case{"=1.2.3-rc.1", "1.2.3-rc.1", "1.2.3 1.2.3-rc.2"}, Case{"1.2", "1.2.0 1.2.9", "1.1.9 1.3.0 1.2.1-rc.1"},
        Case{"1.x", "1.0.0 1.9.9", "0.9.9 2.0.0"}, Case{"1.2.*", "1.2.0 1.2.9", "1.3.0"},
        Case{"^1.2", "1.2.0 1.9.0", "1.1.9 2.0.0 2.0.0-rc.1 1.3.0-rc.1"},
        Case{"^1.2.3-beta.2", "1.2.3-beta.2 1.2.3-rc.1 1.2.3 1.9.0", "1.2.3-beta.1 1.2.4-beta.3 2.0.0"},
        Case{"^0.2.3", "0.2.3 0.2.9", "0.2.2 0.3.0"}, Case{"^0.0.3", "0.0.3", "0.0.4 0.0.2"},
        Case{"^0.0", "0.0.0 0.0.9", "0.1.0"}, Case{"^0", "0.0.0 0.9.9", "1.0.0"},
        Case{"^1", "1.0.0 1.9.9", "2.0.0 0.9.9"}, Case{"~1.2.3", "1.2.3 1.2.9", "1.2.2 1.3.0"},
        Case{"~1.2", "1.2.0 1.2.9", "1.3.0"}, Case{"~1", "1.0.0 1.9.9", "2.0.0"},
        Case{">=1 <2", "1.0.0 1.9.9", "0.9.9 2.0.0 1.5.0-rc.1"}, Case{">1.2 <=1.4", "1.3.0 1.4.9", "1.2.9 1.5.0"},
        Case{">1.2.3 <=1.4.0", "1.2.4 1.4.0", "1.2.3 1.4.1"},
        Case{">=1.0.0-rc.1", "1.0.0-rc.1 1.0.0 3.0.0", "1.0.0-beta 1.0.1-rc.1"},
        Case{">=1.0.0-0", "1.0.0-rc.1 1.0.0", "0.9.9 1.0.1-rc.1"},
        Case{"<2.0.0-0", "1.9.9", "2.0.0-rc.1 2.0.0 1.0.0-rc.1"}, Case{"^1 || ^3", "1.5.0 3.0.0", "2.0.0 4.0.0"}));

TEST(Semver, TextThatIsNoRangeIsRefusedWithTheForms) {
  for (const auto* text : {"", " ", "latest", "^", "^*", "1.2.3.4", ">= 1", "1 ||", "|| 1", "1 || || 2", "x.1", "1.x.3",
                           "01", "^1.2-rc", "1..2", "4294967295", "1."}) {
    EXPECT_EQ(parse_range(text).status().message,
              "want a version range like \"^1.2\", \"~1.2\", \">=1 <2\", \"1.4.0\" or \"*\"")
        << text;
  }
}

TEST(Semver, ARangeRemembersHowItWasWritten) { EXPECT_EQ(parse_range(">=1 <2")->text(), ">=1 <2"); }

}  // namespace
}  // namespace slipway::base
