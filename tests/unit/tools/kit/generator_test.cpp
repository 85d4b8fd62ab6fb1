#include "tools/kit/generator.hpp"

#include <gtest/gtest.h>

#include "host/config/schema.hpp"
#include "tools/kit/methods.hpp"

namespace slipway::kit {
namespace {

TEST(Generator, MakesValidDocumentsForEveryMethodThatTheSdkKnows) {
  base::SeededRandom random(7);
  for (const Method& method : known_methods()) {
    const auto request = config::Schema::parse(method.request);
    const auto reply = config::Schema::parse(method.reply);
    ASSERT_TRUE(request.ok() && reply.ok()) << method.label();
    for (int i = 0; i < 20; ++i) {
      const Json asked = make_document(method.request, random);
      const Json answered = make_document(method.reply, random);
      for (const auto& [schema, document] : {std::pair(&*request, &asked), std::pair(&*reply, &answered)}) {
        const Problems problems = schema->check(*document);
        EXPECT_TRUE(problems.empty()) << method.label() << ": " << problems.front().path << " "
                                      << problems.front().message << " in " << document->dump();
      }
    }
  }
}

TEST(Generator, TheSameSeedMakesTheSameDocuments) {
  for (const Method& method : known_methods()) {
    base::SeededRandom first(3);
    base::SeededRandom second(3);
    EXPECT_EQ(make_document(method.request, first), make_document(method.request, second));
  }
}

TEST(Generator, StaysWithinTheBoundsOfASchema) {
  base::SeededRandom random(1);
  const Json schema = Json::parse(R"({"type": "object", "required": ["n", "list", "text"], "properties": {
    "n": {"type": "integer", "minimum": 3, "maximum": 4},
    "list": {"type": "array", "minItems": 2, "maxItems": 2, "items": {"enum": ["a", "b"]}},
    "text": {"type": "string", "minLength": 5, "maxLength": 5}}})");
  const auto parsed = config::Schema::parse(schema);
  ASSERT_TRUE(parsed.ok());
  for (int i = 0; i < 50; ++i) EXPECT_TRUE(parsed->check(make_document(schema, random)).empty());
}

TEST(Generator, DamagedBytesAreWhatTheirNameSays) {
  base::SeededRandom random(1);
  const Json document{{"name", "value"}, {"list", {1, 2, 3}}};
  for (int i = 0; i < 50; ++i) {
    EXPECT_FALSE(parse_json(damaged(document, Damage::cut_off, random)).ok());
    EXPECT_FALSE(parse_json(damaged(document, Damage::not_utf8, random)).ok());
    EXPECT_FALSE(parse_json(damaged(document, Damage::too_deep, random)).ok());
    EXPECT_TRUE(parse_json(damaged(document, Damage::wrong_types, random)).ok());
    EXPECT_NE(damaged(document, Damage::embedded_nul, random).find('\0'), std::string::npos);
  }
  EXPECT_EQ(damaged(document, Damage::empty, random), "");
}

}  // namespace
}  // namespace slipway::kit
