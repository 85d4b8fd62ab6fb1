#include <gtest/gtest.h>

#include <slipway/document.hpp>

namespace slipway {
namespace {

enum class Colour { red, green };
constexpr auto enum_names(Colour) {
  return std::array<EnumName<Colour>, 2>{{{Colour::red, "red"}, {Colour::green, "green"}}};
}

struct Inner {
  std::int32_t size = 3;
  static constexpr auto fields() { return slipway::fields(field("size", &Inner::size, "How large.", between(1, 10))); }
  bool operator==(const Inner&) const = default;
};

struct Outer {
  std::string name;
  bool on = false;
  double ratio = 0.5;
  Duration wait = seconds(1);
  Count surge = percent(25);
  Colour colour = Colour::red;
  std::optional<std::int64_t> maybe;
  std::vector<Inner> list;
  std::map<std::string, Inner> map;
  Json any;
  JsonText passed_on;
  static constexpr auto fields() {
    return slipway::fields(required("name", &Outer::name, "Its name.", between(1, 5)),
                           field("on", &Outer::on, "Whether."), field("ratio", &Outer::ratio, "Ratio.", between(0, 1)),
                           field("wait", &Outer::wait, "How long."), field("surge", &Outer::surge, "How many."),
                           field("colour", &Outer::colour, "Which."), field("maybe", &Outer::maybe, "Perhaps."),
                           field("list", &Outer::list, "Several.", at_most(2)), field("map", &Outer::map, "By name."),
                           field("any", &Outer::any, "Anything."),
                           field("passed_on", &Outer::passed_on, "Anything that nobody here looks at."));
  }
  bool operator==(const Outer&) const = default;
};

Status read(const char* text, Unknown unknown = Unknown::ignored) {
  return decode_text<Outer>(text, "the thing", unknown).status();
}

TEST(Document, survives_writing_and_reading) {
  const Outer value{"abc", true,       0.25,         milliseconds(250),  replicas(2),       Colour::green,
                    7,     {{1}, {2}}, {{"x", {4}}}, {{"deep", {1, 2}}}, {R"({"a":["b"]})"}};
  EXPECT_EQ(decode_text<Outer>(encode_text(value), "the thing", Unknown::refused).value(), value);
}

TEST(Document, passes_on_json_text_as_it_is) {
  const Outer value{.name = "abc", .passed_on = {R"({"z":1,"a":[]})"}};
  EXPECT_NE(encode_text(value).find(R"("passed_on":{"z":1,"a":[]})"), std::string::npos);
  EXPECT_EQ(encode(value).at("passed_on"), (Json{{"z", 1}, {"a", Json::array()}}));
  EXPECT_EQ(encode(Outer{.name = "abc"}).at("passed_on"), Json(nullptr));
}

TEST(Document, keeps_the_defaults_of_absent_fields_and_leaves_out_empty_optionals) {
  const auto value = decode_text<Outer>(R"({"name":"abc"})", "the thing").value();
  EXPECT_EQ(value.surge, percent(25));
  EXPECT_EQ(value.maybe, std::nullopt);
  EXPECT_FALSE(encode(value).contains("maybe"));
}

TEST(Document, reports_every_fault_with_path_value_and_what_is_allowed) {
  const Status status = read(
      R"({"name":"toolong","ratio":2,"wait":5,"surge":"x","colour":"blue","list":[{"size":0},{"size":"1"}],"map":{"a/b":{"size":11}}})");
  EXPECT_EQ(status.code, Code::invalid_argument);
  EXPECT_EQ(status.message, "the thing is not valid");
  const Problems expected{{"/name", "\"toolong\"", "want a text with a number of bytes from 1 to 5"},
                          {"/ratio", "2", "want a number from 0 to 1"},
                          {"/wait", "5", "want a duration like \"30s\", \"1m30s\" or \"250ms\""},
                          {"/surge", "\"x\"", "want a number of replicas like 3, or a percentage like \"25%\""},
                          {"/colour", "\"blue\"", "want one of red, green"},
                          {"/list/0/size", "0", "want an integer from 1 to 10"},
                          {"/list/1/size", "\"1\"", "want an integer from 1 to 10"},
                          {"/map/a~1b/size", "11", "want an integer from 1 to 10"}};
  EXPECT_EQ(status.problems, expected);
}

TEST(Document, misses_required_fields_by_name) {
  EXPECT_EQ(read("{}").problems, (Problems{{"/name", "", "is missing"}}));
}

TEST(Document, ignores_unknown_fields_unless_people_wrote_it) {
  EXPECT_TRUE(read(R"({"name":"a","nmae":1})").ok());
  EXPECT_EQ(read(R"({"name":"a","list":[{"sise":1}]})", Unknown::refused).problems,
            (Problems{{"/list/0/sise", "1", "is no field here; there are size"}}));
}

TEST(Document, refuses_lists_that_are_too_long_and_wrong_types) {
  EXPECT_EQ(read(R"({"name":"a","list":[{},{},{}]})").problems[0].message,
            "want a list with a number of entries of at most 2");
  EXPECT_EQ(read(R"({"name":1})").problems[0].message, "want a text");
  EXPECT_EQ(read("[]").problems, (Problems{{"/", "[]", "want an object"}}));
  EXPECT_EQ(read(R"({"name":"a","maybe":9223372036854775808})").problems[0].path, "/maybe");
}

TEST(Document, stops_counting_faults_at_a_hundred) {
  Json many{{"name", "a"}, {"map", Json::object()}};
  for (int i = 0; i < 500; ++i) many["map"][std::to_string(i)] = 0;
  EXPECT_EQ(decode<Outer>(many, "the thing").status().problems.size(), 100U);
}

TEST(Document, has_a_schema_with_types_bounds_defaults_and_descriptions) {
  const Json schema = schema_of<Outer>();
  EXPECT_EQ(schema["required"], Json({"name"}));
  EXPECT_EQ(schema["properties"]["name"],
            (Json{{"type", "string"}, {"minLength", 1}, {"maxLength", 5}, {"description", "Its name."}}));
  EXPECT_EQ(
      schema["properties"]["list"]["items"]["properties"]["size"],
      (Json{{"type", "integer"}, {"minimum", 1}, {"maximum", 10}, {"default", 3}, {"description", "How large."}}));
  EXPECT_EQ(schema["properties"]["colour"]["enum"], Json({"red", "green"}));
  EXPECT_EQ(schema["properties"]["surge"]["default"], "25%");
}

}  // namespace
}  // namespace slipway
