#include <gtest/gtest.h>

#include <slipway/json.hpp>

namespace slipway {
namespace {

std::string refusal(std::string_view text, JsonLimits limits = {}) {
  const auto result = parse_json(text, limits);
  return result.ok() ? "accepted" : result.status().message;
}

TEST(Json, is_parsed_whole) {
  EXPECT_EQ(parse_json(R"({"a":[1,-2,2.5,"x",true,null,{"b":{}}]})").value(),
            Json::parse(R"({"a":[1,-2,2.5,"x",true,null,{"b":{}}]})"));
  EXPECT_EQ(parse_json("7").value(), Json(7));
}

TEST(Json, is_refused_when_too_large) {
  EXPECT_EQ(refusal("[1,2,3]", {.bytes = 6}), "the document has 7 bytes, at most 6 are allowed");
}

TEST(Json, is_refused_when_nested_too_deeply_and_the_limit_itself_is_fine) {
  EXPECT_EQ(refusal("[[1]]", {.depth = 2}), "accepted");
  EXPECT_EQ(refusal("[[[1]]]", {.depth = 2}), "nested deeper than 2 levels");
  EXPECT_EQ(refusal(std::string(100'000, '[')), "nested deeper than 64 levels");
}

TEST(Json, is_refused_when_a_name_occurs_twice) {
  EXPECT_EQ(refusal(R"({"a":{"b":1,"b":2}})"), "the name \"b\" occurs twice in one object");
  EXPECT_EQ(refusal(R"([{"b":1},{"b":2}])"), "accepted");
}

TEST(Json, is_refused_with_the_place_when_it_is_none) {
  EXPECT_TRUE(refusal("{\"a\":").starts_with("not JSON at byte ")) << refusal("{\"a\":");
  EXPECT_TRUE(refusal("").starts_with("not JSON at byte "));
  EXPECT_TRUE(refusal("{} x").starts_with("not JSON at byte "));
}

TEST(Json, is_refused_when_it_is_not_utf8) { EXPECT_TRUE(refusal("\"\xff\xfe\"").starts_with("not JSON at byte ")); }

TEST(Json, text_of_bytes_that_are_not_utf8_is_still_valid) {
  EXPECT_EQ(to_text(Json(std::string("a\xff"))), "\"a\xEF\xBF\xBD\"");
}

}  // namespace
}  // namespace slipway
