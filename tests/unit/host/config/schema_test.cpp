#include "host/config/schema.hpp"

#include <gtest/gtest.h>

#include "host/config/fault.hpp"

namespace slipway::config {
namespace {

Json json(std::string_view text) { return *parse_json(text); }

std::string check(const Json& schema, const Json& value) {
  const auto parsed = Schema::parse(schema);
  EXPECT_TRUE(parsed.ok()) << to_string(parsed.status());
  std::string text;
  for (const auto& problem : parsed->check(value)) text += (text.empty() ? "" : "\n") + to_string(Fault{{}, problem});
  return text;
}

TEST(Schema, EachKeywordIsToldInWords) {
  struct Case {
    const char* schema;
    const char* value;
    const char* fault;
  };
  const Case cases[] = {
      {R"({"type":"integer","minimum":1,"maximum":5})", "6", "/: is 6; want an integer from 1 to 5"},
      {R"({"type":"integer","minimum":1})", "0", "/: is 0; want an integer of at least 1"},
      {R"({"type":"integer","maximum":5})", "1.5", "/: is 1.5; want an integer of at most 5"},
      {R"({"type":"integer"})", "\"1\"", "/: is \"1\"; want an integer"},
      {R"({"type":"number","minimum":0})", "-0.5", "/: is -0.5; want a number of at least 0"},
      {R"({"type":"boolean"})", "1", "/: is 1; want true or false"},
      {R"({"type":"string"})", "null", "/: is null; want a text"},
      {R"({"type":"string","minLength":1,"maxLength":3})", "\"\"",
       "/: is \"\"; want a text with a number of characters from 1 to 3"},
      {R"({"type":"string","pattern":"^[a-z]+$"})", "\"A\"", "/: is \"A\"; want a text that matches ^[a-z]+$"},
      {R"({"type":"string","pattern":"^[a-z]+$","x-want":"a word"})", "\"A\"", "/: is \"A\"; want a word"},
      {R"({"type":"string","x-minimum":"1s","x-maximum":"1h"})", "\"2h\"",
       "/: is \"2h\"; want a duration from 1s to 1h"},
      {R"({"type":"string","x-minimum":"1s"})", "\"soon\"", "/: is \"soon\"; want a duration of at least 1s"},
      {R"({"type":"array","minItems":1})", "[]", "/: is []; want a list with a number of entries of at least 1"},
      {R"({"type":"array","items":{"type":"integer"}})", "[1,true]", "/1: is true; want an integer"},
      {R"({"type":"object","maxProperties":0})", "{\"a\":1}",
       "/: is {\"a\":1}; want an object with a number of fields of at most 0"},
      {R"({"enum":["text","json",1]})", "\"xml\"", "/: is \"xml\"; want one of text, json, 1"},
      {R"({"type":["string","integer"]})", "[]", "/: is []; want a text or an integer"},
      {R"({"anyOf":[{"type":"integer","minimum":0},{"type":"string"}]})", "-1",
       "/: is -1; want an integer of at least 0 or a text"},
      {R"({"required":["a"]})", "{}", "/a: is missing"},
      {R"({"required":["a"],"properties":{"a":{"type":"string"}}})", "{}", "/a: is missing; want a text"},
      {R"({"additionalProperties":false})", "{\"x\":1}", "/x: is no field here; none is allowed"},
      {R"({"additionalProperties":{"type":"integer"}})", "{\"x\":\"1\"}", "/x: is \"1\"; want an integer"},
  };
  for (const auto& [schema, value, fault] : cases) EXPECT_EQ(check(json(schema), json(value)), fault) << schema;
}

TEST(Schema, AnUnknownFieldIsAnsweredWithTheNearestNameOrWithAll) {
  const Json schema = json(R"({"properties":{"threads":{},"listen":{}},"additionalProperties":false})");
  EXPECT_EQ(
      check(schema, json(R"({"thread":1,"zzz":2})")),
      "/thread: is no field here; did you mean \"threads\"?\n/zzz: is no field here; want one of listen, threads");
}

TEST(Schema, EveryFaultIsToldOnceAndAValidValueHasNone) {
  const Json schema = json(R"({"type":"object","required":["b"],"additionalProperties":false,"properties":{
    "a":{"type":"object","properties":{"x":{"type":"integer"},"y":{"type":"boolean"}}},"b":{"type":"string"}}})");
  EXPECT_EQ(check(schema, json(R"({"a":{"x":"1","y":2},"c":3})")),
            "/a/x: is \"1\"; want an integer\n/a/y: is 2; want true or false\n/b: is missing; want a text\n/c: is no "
            "field here; want one of a, b");
  EXPECT_EQ(check(schema, json(R"({"a":{"x":1,"y":true},"b":"","a/b":0})")),
            "/a~1b: is no field here; did you mean \"a\"?");
  EXPECT_EQ(check(schema, json(R"({"a":{"x":1,"y":true,"more":0},"b":""})")), "");
}

TEST(Schema, AKeywordWithoutWordsIsStillChecked) {
  EXPECT_EQ(check(json(R"({"properties":{"n":{"multipleOf":3}}})"), json(R"({"n":4})")),
            "/n: Value should be a multiple of 3");
  EXPECT_EQ(check(json(R"({"properties":{"n":{"const":3}}})"), json(R"({"n":3})")), "");
  EXPECT_NE(check(json(R"({"properties":{"n":{"not":{"type":"string"}}}})"), json(R"({"n":"x"})")), "");
}

TEST(Schema, APatternIsCheckedWhereverItStands) {
  for (const auto* schema :
       {R"({"properties":{"n":{"pattern":"^x"}}})", R"({"properties":{"n":{"not":{"pattern":"^y"}}}})",
        R"({"properties":{"n":{"oneOf":[{"pattern":"^x"}]}}})", R"({"additionalProperties":{"pattern":"^x"}})",
        R"({"properties":{"n":{"anyOf":[{"pattern":"^x"}]}}})"}) {
    EXPECT_NE(check(json(schema), json(R"({"n":"yes"})")), "") << schema;
  }
  EXPECT_NE(check(json(R"({"items":{"pattern":"^x"}})"), json(R"(["yes"])")), "");
  EXPECT_NE(check(json(R"({"items":[{"pattern":"^x"}]})"), json(R"(["yes"])")), "");
}

TEST(Schema, ALongTextIsNeverGivenToARegularExpression) {
  const Json schema = json(R"({"type":"string","pattern":"^(a|b)*$"})");
  EXPECT_EQ(check(schema, Json(std::string(4096, 'a'))), "");
  EXPECT_NE(check(schema, Json(std::string(1'000'000, 'a'))), "");
}

TEST(Schema, AReferenceIsRefusedBecauseItMayLeadToItself) {
  const auto* const reason = "no usable JSON Schema: \"$ref\" is not allowed; write the part out where it is used";
  EXPECT_EQ(Schema::parse(json(R"({"$ref":"#"})")).status().message, reason);
  EXPECT_EQ(Schema::parse(json(R"({"anyOf":[{"properties":{"a":{"$ref":"#/definitions/a"}}}]})")).status().message,
            reason);
}

TEST(Schema, APatternMustBeAShortRegularExpression) {
  EXPECT_EQ(Schema::parse(json(R"({"pattern":"(["})")).status().message,
            "no usable JSON Schema: \"([\" is no regular expression");
  EXPECT_EQ(Schema::parse(Json{{"pattern", std::string(513, '(')}}).status().message,
            "no usable JSON Schema: a pattern has at most 512 bytes");
}

TEST(Schema, WhatIsNoSchemaIsRefused) {
  EXPECT_EQ(Schema::parse(Json(1)).status().message, "want an object that is a JSON Schema");
  for (const auto* text : {R"({"type":5})", R"({"properties":[]})", R"({"$ref":"http://example.com/schema.json"})",
                           R"({"enum":{}})", R"({"pattern":5})", R"({"required":"x"})", R"({"items":3})"}) {
    EXPECT_FALSE(Schema::parse(json(text)).ok()) << text;
  }
}

}  // namespace
}  // namespace slipway::config
