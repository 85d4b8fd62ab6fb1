#include "tools/cli/output.hpp"

#include <gtest/gtest.h>

#include "tools/cli/commands.hpp"

namespace slipway::cli {
namespace {

TEST(Replicas, are_shown_as_ready_of_wanted_and_as_unknown_until_somebody_has_looked) {
  EXPECT_EQ(ready_text({{"replicas", 4}, {"ready", 3}}), "3/4");
  EXPECT_EQ(ready_text({{"replicas", 4}, {"ready", 0}}), "0/4");
  EXPECT_EQ(ready_text({{"replicas", 4}}), "-/4");
}

TEST(Why, says_who_knows_more_than_what_was_stored) {
  Json rollout{{"why", {{"waits_for", "time"}, {"reason", "step 1"}, {"host", "dock-2"}}}};
  EXPECT_EQ(why_text(Terminal(), rollout), "  waits for time\n  because   step 1\n");
  rollout["why"]["as_of"] = "2020-01-01T00:00:00.5Z";
  EXPECT_EQ(why_text(Terminal(), rollout),
            "  waits for time\n  because   step 1\n"
            "  as of     2020-01-01T00:00:00Z: dock-2 works on it; ask there for what it sees now\n");
  rollout["why"].erase("host");
  EXPECT_EQ(why_text(Terminal(), rollout),
            "  waits for time\n  because   step 1\n  as of     2020-01-01T00:00:00Z: no host works on it now\n");
}

TEST(Weight, is_a_percentage_or_unknown) {
  EXPECT_EQ(share(250'000), "25%");
  EXPECT_EQ(share(Json()), "-");
}

TEST(Brief, tells_what_matters_of_a_duration) {
  const std::vector<std::pair<std::string, std::string>> wanted{{"0s", "0s"},
                                                                {"1400ns", "1us"},
                                                                {"999999ns", "1ms"},
                                                                {"250ms400us", "250ms"},
                                                                {"999ms600us", "1s"},
                                                                {"1s460ms", "1.5s"},
                                                                {"9s960ms", "10s"},
                                                                {"45s499ms", "45s"},
                                                                {"59s500ms", "1m"},
                                                                {"3m12s400ms", "3m12s"},
                                                                {"59m59s700ms", "1h"},
                                                                {"1h59m31s", "2h"},
                                                                {"24h666ms658us26ns", "24h"},
                                                                {"26h12m40s", "26h13m"},
                                                                {"47h59m40s", "2d"},
                                                                {"51h29m", "2d3h"},
                                                                {"soon", "soon"}};
  for (const auto& [exact, rounded] : wanted) EXPECT_EQ(brief(exact), rounded) << exact;
  EXPECT_EQ(brief(Duration{-1'460'000'000}), "-1.5s");
}

TEST(Fitted, leaves_what_fits) { EXPECT_EQ(fitted("five\n4444\n", {.columns = 4, .rows = 3}), "five\n4444\n"); }

TEST(Fitted, ends_a_line_that_is_too_long_with_a_mark_in_the_last_column) {
  EXPECT_EQ(fitted("12345\n1234\n", {.columns = 4, .rows = 3}), "123…\n1234\n");
  EXPECT_EQ(fitted("öäüß→\n", {.columns = 4, .rows = 3}), "öäü…\n");
}

TEST(Fitted, does_not_count_colours_and_ends_one_that_it_cuts) {
  EXPECT_EQ(fitted("\x1b[31m1234\x1b[0m\n", {.columns = 4, .rows = 3}), "\x1b[31m1234\x1b[0m\n");
  EXPECT_EQ(fitted("\x1b[31m12345\x1b[0m\n", {.columns = 4, .rows = 3}), "\x1b[31m123…\x1b[0m\n");
}

TEST(Fitted, leaves_out_rows_that_would_scroll) {
  EXPECT_EQ(fitted("1\n2\n3\n4\n", {.columns = 4, .rows = 3}), "1\n2\n");
}

}  // namespace
}  // namespace slipway::cli
