#include "plugins/storage/postgres/text.hpp"

#include <gtest/gtest.h>

namespace slipway::postgres {
namespace {

using namespace std::string_literals;

TEST(StoredText, comes_back_as_it_was_and_has_no_zero_byte) {
  for (const std::string& text : {"plain"s, ""s, "a\0b"s, "\x01"s, "\x01\x01\0\x02"s, "\xc3\xa4"s}) {
    EXPECT_EQ(to_stored(text).find('\0'), std::string::npos);
    EXPECT_EQ(from_stored(to_stored(text)), text);
  }
}

TEST(StoredText, keeps_the_order_of_names) {
  const std::vector<std::string> ordered = {""s,     "\0"s, "\0\0"s, "\0a"s,   "\x01"s, "\x01\0"s,
                                            "\x02"s, "a"s,  "a\0"s,  "a\x01"s, "aa"s};
  for (std::size_t i = 1; i < ordered.size(); ++i) EXPECT_LT(to_stored(ordered[i - 1]), to_stored(ordered[i])) << i;
}

TEST(EndOfAPrefix, is_the_next_character_over_every_length_of_utf8) {
  EXPECT_EQ(end_of("a"), "b");
  EXPECT_EQ(end_of("x/\x7f"), "x/\xc2\x80");
  EXPECT_EQ(end_of("\xdf\xbf"), "\xe0\xa0\x80");
  EXPECT_EQ(end_of("\xed\x9f\xbf"), "\xee\x80\x80");
  EXPECT_EQ(end_of("\xef\xbf\xbf"), "\xf0\x90\x80\x80");
  EXPECT_EQ(end_of("a\xf4\x8f\xbf\xbf"), "b");
}

TEST(EndOfAPrefix, lies_above_every_name_where_nothing_comes_next) {
  std::string largest;
  for (int i = 0; i < 128; ++i) largest += "\xf4\x8f\xbf\xbf";
  EXPECT_GT(end_of(""), largest);
  EXPECT_GT(end_of("\xf4\x8f\xbf\xbf"), largest);
}

TEST(Arrays, quote_what_has_a_meaning_in_them) {
  EXPECT_EQ(array_of(std::vector<std::string>{"a", "b\"c\\d", "NULL", ""}), R"({"a","b\"c\\d","NULL",""})");
  EXPECT_EQ(array_of(std::vector<std::int64_t>{1, -2}), "{1,-2}");
  EXPECT_EQ(array_of(std::vector<std::int64_t>{}), "{}");
}

}  // namespace
}  // namespace slipway::postgres
