// Reading without a tree: whatever is read so is what the tree gives, and what is written is read so.
#include <gtest/gtest.h>

#include <slipway/interfaces/analyzer.hpp>
#include <slipway/interfaces/app.hpp>
#include <slipway/interfaces/gate.hpp>
#include <slipway/interfaces/metrics.hpp>
#include <slipway/interfaces/notifier.hpp>
#include <slipway/interfaces/plugin.hpp>
#include <slipway/interfaces/provider.hpp>
#include <slipway/interfaces/secrets.hpp>
#include <slipway/interfaces/storage.hpp>
#include <slipway/interfaces/strategy.hpp>

#include "tests/support/documents.hpp"

namespace slipway {
namespace {

using test::MadeUp;
using test::ReadAs;

// One small thing wrong, or right in another way.
std::string mutated(std::string text, MadeUp& chance) {
  constexpr std::array<std::string_view, 16> kPieces{
      "\"", "{",  "}",   "[",   "]", ",",       ":",    "null",
      "-0", "01", "1e2", "2.0", " ", "\\u0041", "\xc3", "9223372036854775808"};
  const std::size_t place = chance.below(text.size());
  const std::string_view piece = kPieces[chance.below(kPieces.size())];
  switch (chance.below(4)) {
    case 0:
      return text.erase(place, 1 + chance.below(4));
    case 1:
      return text.insert(place, piece);
    case 2:
      return text.replace(place, std::min(piece.size(), text.size() - place), piece);
    default:
      text[place] = static_cast<char>(chance.below(256));
      return text;
  }
}

template <class T>
void check(MadeUp& chance) {
  for (int round = 0; round < 20; ++round) {
    const std::string text = encode_text(chance.document<T>());
    ASSERT_EQ(test::read_as<T>(text, Unknown::refused), ReadAs::directly) << text;
    for (int i = 0; i < 20; ++i) {
      const std::string other = mutated(text, chance);
      ASSERT_NE(test::read_as<T>(other, Unknown::ignored), ReadAs::differently) << other;
      ASSERT_NE(test::read_as<T>(other, Unknown::refused), ReadAs::differently) << other;
    }
  }
}

template <class Interface>
class DirectReading : public testing::Test {};
using EachInterface =
    testing::Types<analyzer::Interface, app::Interface, gate::Interface, metrics::Interface, notifier::Interface,
                   plugin::Interface, provider::Interface, secrets::Interface, storage::Interface, strategy::Interface>;
TYPED_TEST_SUITE(DirectReading, EachInterface);

TYPED_TEST(DirectReading, gives_what_the_tree_gives_for_every_document_however_it_is_changed) {
  MadeUp chance(7);
  TypeParam::each([&]<class Method>() {
    check<typename Method::Request>(chance);
    check<typename Method::Reply>(chance);
  });
}

struct Sample {
  std::string name;
  double ratio = 0.5;
  std::optional<std::uint32_t> maybe;
  Count surge;
  Json any;
  JsonText passed_on;
  static constexpr auto fields() {
    return slipway::fields(required("name", &Sample::name, "Its name.", between(1, 5)),
                           field("ratio", &Sample::ratio, "Ratio.", between(0, 1)),
                           field("maybe", &Sample::maybe, "Perhaps."), field("surge", &Sample::surge, "How many."),
                           field("any", &Sample::any, "Anything."),
                           field("passed_on", &Sample::passed_on, "As it is."));
  }
};

ReadAs sample(std::string_view text, Unknown unknown = Unknown::ignored) {
  return test::read_as<Sample>(text, unknown);
}

TEST(Reader, takes_fields_in_any_order_white_space_and_fields_that_it_does_not_know) {
  EXPECT_EQ(sample(R"({"surge":2,"ratio":1,"name":"abc"})"), ReadAs::directly);
  EXPECT_EQ(sample(" {\t\"name\" :\r\n\"abc\" , \"maybe\": null } "), ReadAs::directly);
  EXPECT_EQ(sample(R"({"new":{"a":[1,{}]},"name":"abc","newer":"x\n"})"), ReadAs::directly);
  EXPECT_EQ(sample(R"({"name":"abc","any":{"b":[1.5,-2,{"c":null}],"a":"\"\\\/\b\f\n\r\t"}})"), ReadAs::directly);
}

TEST(Reader, leaves_to_the_tree_what_is_rare) {
  EXPECT_EQ(sample(R"({"name":"\u0041"})"), ReadAs::by_tree);
  EXPECT_EQ(sample(R"({"n\u0061me":"abc"})"), ReadAs::by_tree);
  EXPECT_EQ(sample(R"({"name":"abc","passed_on":{ "a": 1 }})"), ReadAs::by_tree);
  EXPECT_EQ(sample(R"({"name":"abc","any":123456789012345678901234567890})"), ReadAs::by_tree);
}

TEST(Reader, takes_nothing_that_is_wrong) {
  for (const std::string_view text : {"",
                                      "{",
                                      "{}",
                                      "[]",
                                      "{\"name\":\"abc\"",
                                      "{\"name\":\"abc\"}}",
                                      "{\"name\":\"abc\",}",
                                      "{,\"name\":\"abc\"}",
                                      "{\"name\" \"abc\"}",
                                      "{\"name\":\"toolong\"}",
                                      "{\"name\":\"\"}",
                                      "{\"name\":1}",
                                      "{\"name\":null}",
                                      "{\"name\":\"abc\",\"name\":\"abc\"}",
                                      "{\"name\":\"abc\",\"x\":1,\"x\":1}",
                                      "{\"name\":\"a\nb\"}",
                                      "{\"name\":\"\\x\"}",
                                      "{\"name\":\"\xc0\x80\"}",
                                      "{\"name\":\"\xed\xa0\x80\"}",
                                      "{\"name\":\"\xf4\x90\x80\x80\"}",
                                      "{\"name\":\"abc\",\"ratio\":1.5}",
                                      "{\"name\":\"abc\",\"ratio\":.5}",
                                      "{\"name\":\"abc\",\"ratio\":1.}",
                                      "{\"name\":\"abc\",\"ratio\":01}",
                                      "{\"name\":\"abc\",\"maybe\":-1}",
                                      "{\"name\":\"abc\",\"maybe\":1.0}",
                                      "{\"name\":\"abc\",\"maybe\":4294967296}",
                                      "{\"name\":\"abc\",\"surge\":-0}",
                                      "{\"name\":\"abc\",\"surge\":2.0}",
                                      "{\"name\":\"abc\",\"any\":nul}",
                                      "{\"name\":\"abc\",\"any\":1e999}",
                                      "{\"name\":\"abc\",\"any\":{\"a\":1,\"a\":1}}",
                                      "{\"name\":\"abc\",\"passed_on\":{\"a\":1,\"a\":1}}",
                                      "{\"name\":\"abc\",\"passed_on\":[1 2]}"}) {
    EXPECT_EQ(sample(text), ReadAs::refused) << text;
  }
  EXPECT_EQ(sample(R"({"name":"abc","new":1})", Unknown::refused), ReadAs::refused);
}

TEST(Reader, keeps_to_the_limits_of_size_and_depth) {
  const auto is_read = [](std::string_view text, JsonLimits limits) {
    Json value;
    return TextReader(text, Unknown::ignored, limits).json(value);
  };
  EXPECT_TRUE(is_read("[[1]]", {.bytes = 5, .depth = 2}));
  EXPECT_FALSE(is_read("[[1]]", {.bytes = 4, .depth = 2}));
  EXPECT_FALSE(is_read("[[1]]", {.bytes = 5, .depth = 1}));
  EXPECT_TRUE(is_read("[[1],[2]]", {.bytes = 9, .depth = 2}));
}

TEST(Reader, takes_texts_with_backslashes_and_wide_characters_wherever_they_are) {
  constexpr std::array<std::string_view, 12> kParts{"\"",       "\\",           "/",
                                                    "\n",       "\t",           "a",
                                                    "seven b",  "eight by",     "more than eight",
                                                    "\xc3\xbc", "\xe2\x82\xac", "\xf0\x9f\x8c\x8d"};
  MadeUp chance(11);
  for (int round = 0; round < 1'000; ++round) {
    std::string wanted;
    for (auto parts = chance.below(400); parts > 0; --parts) wanted += kParts[chance.below(kParts.size())];
    const std::string within = Json(wanted).dump();
    const std::string text = Json(within).dump();
    std::string once, twice;
    ASSERT_TRUE(TextReader(text).text(once));
    ASSERT_EQ(once, within);
    ASSERT_TRUE(TextReader(once).text(twice));
    ASSERT_EQ(twice, wanted);
    ASSERT_FALSE(TextReader(text.substr(0, chance.below(text.size()))).text(twice)) << text;
  }
}

TEST(Reader, knows_a_negative_zero_from_a_whole_one) {
  const auto ratio_of = [](const char* text) { return encode_text(decode_text<Sample>(text, "it").value().ratio); };
  EXPECT_EQ(ratio_of(R"({"name":"a","ratio":-0})"), "0.0");
  EXPECT_EQ(ratio_of(R"({"name":"a","ratio":-0.0})"), "-0.0");
}

}  // namespace
}  // namespace slipway
