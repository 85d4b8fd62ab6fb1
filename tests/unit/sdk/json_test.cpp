#include <gtest/gtest.h>

#include <slipway/json.hpp>

namespace slipway {
namespace {

std::string refusal(std::string_view text, JsonLimits limits = {}) {
  const auto result = parse_json(text, limits);
  return result.ok() ? "accepted" : result.status().message;
}

template <class Text>
concept HoldsAList = requires(Text text) {
  text = {{"count", 3}};
}
|| requires { Text{{"count", 3}}; };
static_assert(!HoldsAList<JsonText>, "a list of JSON where its text is wanted");
static_assert(!std::convertible_to<Json, JsonText>);

TEST(JsonText, ComesBackAsTheValueThatItWasMadeOf) {
  for (const Json& value : {Json(), Json(3), Json{{"count", 3}}, Json::array({nullptr, "\"", 1.5})})
    EXPECT_EQ(tree_of(json_text(value)), value);
  EXPECT_THROW(tree_of("cou"), Error);
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

// Whoever reads it: what is plain, and what is left to the library.
TEST(Json, is_read_as_the_standard_says) {
  for (const std::string_view text :
       {R"("")", R"("plain")", R"("a \"quote\" and a \\ backslash")", R"("\u00e9\n\/\ud83d\ude00")", "\"\xc3\xa9\"",
        "0", "-0", "-7", "999999999999999999", "1234567890123456789", "18446744073709551615", "18446744073709551616",
        "-1e-3", "0.5", "1E5", " [ 1 , { \"a\" : \"b\" } , [ ] , { } ] \n", "[true,false,null]", R"({"":{"":[]}})"}) {
    const auto read = parse_json(text);
    ASSERT_TRUE(read.ok()) << text << ": " << read.status().message;
    EXPECT_EQ(*read, Json::parse(text)) << text;
    EXPECT_EQ(read->type(), Json::parse(text).type()) << text;
  }
}

TEST(Json, is_refused_whatever_is_wrong_with_it) {
  for (const std::string_view text :
       {"01",        "-",           "+1",          "1.",         ".5",       "1e",   "--1",   "1-2",    "tru",
        "nul",       "truefalse",   "[1,]",        "[1 2]",      "[,1]",     "[",    "]",     "{",      "{1:2}",
        R"({"a"})",  R"({"a":})",   R"({"a":1,})", R"({"a" 1})", R"({a:1})", R"(")", R"("\)", R"("\")", R"("\x")",
        R"("\u12")", R"("\ud800")", "\"a\nb\"",    "'a'",        "NaN",      "1 2",  "[1]]"}) {
    EXPECT_TRUE(refusal(text).starts_with("not JSON at byte ")) << text << ": " << refusal(text);
  }
}

TEST(Json, text_is_as_short_as_the_library_makes_it) {
  for (const std::string_view text :
       {R"({"a":[1,-2,2.5,1e+20,1e-07,100.0,"x\"\\",true,false,null,{"b":{}},[]]})", "\"\xc3\xa9\""})
    EXPECT_EQ(to_text(Json::parse(text)), Json::parse(text).dump());
}

// Both are looked through in words of eight bytes.
TEST(Json, texts_with_any_byte_at_any_place_are_as_the_library_has_them) {
  for (std::size_t size = 1; size <= 18; ++size) {
    for (std::size_t place = 0; place < size; ++place) {
      for (int byte = 0; byte < 256; ++byte) {
        std::string text(size, '~');
        text[place] = static_cast<char>(byte);
        if (place > 0) text[place - 1] = '"';
        const std::string written = to_text(text);
        ASSERT_EQ(written, Json(text).dump(-1, ' ', false, Json::error_handler_t::replace)) << byte << " at " << place;
        if (byte >= 0x80) continue;
        const auto read = parse_json(written);
        ASSERT_TRUE(read.ok()) << read.status().message;
        ASSERT_EQ(*read, text);
      }
    }
  }
}

TEST(Json, text_of_bytes_that_are_not_utf8_is_still_valid) {
  EXPECT_EQ(to_text(Json(std::string("a\xff"))), "\"a\xEF\xBF\xBD\"");
}

}  // namespace
}  // namespace slipway
