#include "tools/cli/output.hpp"

#include <gtest/gtest.h>

namespace slipway::cli {
namespace {

TEST(Replicas, are_shown_as_ready_of_wanted_and_as_unknown_until_somebody_has_looked) {
  EXPECT_EQ(ready_text({{"replicas", 4}, {"ready", 3}}), "3/4");
  EXPECT_EQ(ready_text({{"replicas", 4}, {"ready", 0}}), "0/4");
  EXPECT_EQ(ready_text({{"replicas", 4}}), "-/4");
}

TEST(Weight, is_a_percentage_or_unknown) {
  EXPECT_EQ(share(250'000), "25%");
  EXPECT_EQ(share(Json()), "-");
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
