#include "host/config/source.hpp"

#include <gtest/gtest.h>

#include "host/base/files.hpp"
#include "tests/support/temporary_directory.hpp"

namespace slipway::config {
namespace {

Source yaml(std::string_view text, SourceLimits limits = {}) {
  return parse_source("f.yaml", text, Syntax::yaml, limits);
}

std::string faults_of(std::string_view text, SourceLimits limits = {}) { return to_string(yaml(text, limits).faults); }

TEST(Source, YamlBecomesJsonWithTheTypesOfTheCoreSchema) {
  const auto source = yaml(R"(
text: hello
quoted: "12"
single: '~'
number: 12
negative: -3
large: 18446744073709551615
float: 1.5e3
short: .5
yes: yes
norway: no
truth: true
nothing: ~
empty:
version: 1.2.3
duration: 30s
list: [1, two, {three: 3}]
block: |
  line one
  line two
)");
  EXPECT_EQ(to_string(source.faults), "");
  EXPECT_EQ(source.value, (Json{{"text", "hello"},
                                {"quoted", "12"},
                                {"single", "~"},
                                {"number", 12},
                                {"negative", -3},
                                {"large", 18446744073709551615U},
                                {"float", 1500.0},
                                {"short", 0.5},
                                {"yes", "yes"},
                                {"norway", "no"},
                                {"truth", true},
                                {"nothing", nullptr},
                                {"empty", nullptr},
                                {"version", "1.2.3"},
                                {"duration", "30s"},
                                {"list", {1, "two", {{"three", 3}}}},
                                {"block", "line one\nline two\n"}}));
}

TEST(Source, EachFieldAndEachItemRemembersItsLine) {
  const auto source = yaml("a: 1\nb:\n  c: 2\n  d:\n    - x\n    - y: 1\n");
  EXPECT_EQ(source.lines,
            (std::map<std::string, int>{
                {"/a", 1}, {"/b", 2}, {"/b/c", 3}, {"/b/d", 4}, {"/b/d/0", 5}, {"/b/d/1", 6}, {"/b/d/1/y", 6}}));
}

TEST(Source, JsonHasLinesToo) {
  const auto source = parse_source("f.json", "{\n  \"a\": {\n    \"b\": [1,\n 2]\n  }\n}", Syntax::json);
  EXPECT_EQ(to_string(source.faults), "");
  EXPECT_EQ(source.value, (Json{{"a", {{"b", {1, 2}}}}}));
  EXPECT_EQ(source.lines.at("/a/b"), 3);
  EXPECT_EQ(source.lines.at("/a/b/1"), 4);
}

TEST(Source, AnEmptyTextIsAnEmptyObject) {
  EXPECT_EQ(yaml("").value, Json::object());
  EXPECT_EQ(yaml("# only a comment\n").value, Json::object());
  EXPECT_EQ(faults_of("---\n"), "");
}

TEST(Source, EveryDuplicateKeyIsToldWithTheLineOfTheFirst) {
  EXPECT_EQ(faults_of("a: 1\nb:\n  c: 1\n  c: {x: 1}\na: 2\n"),
            "f.yaml:4: the name \"c\" occurs twice; the first is on line 3\n"
            "f.yaml:5: the name \"a\" occurs twice; the first is on line 1");
  EXPECT_EQ(yaml("a: 1\na: 2\n").value, (Json{{"a", 1}}));
}

TEST(Source, AnchorsAliasesAndTagsAreRefused) {
  EXPECT_EQ(faults_of("a: &x 1\nb: *x\nc: !!int \"3\"\nd: !mine {}\n"),
            "f.yaml:1: anchors (&name) are not allowed; write the value out where it is used\n"
            "f.yaml:2: aliases (*name) are not allowed; write the value out\n"
            "f.yaml:3: tags (tag:yaml.org,2002:int) are not allowed\n"
            "f.yaml:4: tags (!mine) are not allowed");
}

TEST(Source, ABombOfAliasesIsNotExpanded) {
  std::string text = "a0: &a0 [x, x, x, x, x, x, x, x, x, x]\n";
  for (int i = 1; i < 30; ++i) {
    const std::string last = "*a" + std::to_string(i - 1);
    text += "a" + std::to_string(i) + ": &a" + std::to_string(i) + " [" + last;
    for (int n = 0; n < 9; ++n) text += ", " + last;
    text += "]\n";
  }
  const auto source = yaml(text);
  EXPECT_EQ(source.faults.size(), 100U) << "the number of faults is bounded";
  EXPECT_LT(to_text(source.value).size(), 10'000U);
}

TEST(Source, NestingBeyondTheLimitIsRefusedAndAtTheLimitIsRead) {
  const auto nested = [](int depth) {
    return "a: " + std::string(static_cast<std::size_t>(depth), '[') +
           std::string(static_cast<std::size_t>(depth), ']');
  };
  EXPECT_EQ(faults_of(nested(31)), "");
  EXPECT_EQ(faults_of(nested(32)), "f.yaml:1: nested deeper than 32 levels");
  EXPECT_EQ(faults_of(nested(100'000)), "f.yaml:1: nested deeper than 32 levels");
}

TEST(Source, TooManyBytesAreRefusedBeforeTheyAreRead) {
  EXPECT_EQ(faults_of("a: 12345", {.bytes = 7}), "f.yaml: has 8 bytes, at most 7 are allowed");
  EXPECT_EQ(faults_of("a: 12345", {.bytes = 8}), "");
}

TEST(Source, BytesThatAreNotUtf8AreRefusedWithLineAndByte) {
  EXPECT_EQ(faults_of("a: ä€😀\nb: \xff\n"), "f.yaml:2: is not UTF-8 at byte 16");
  for (const auto* bad : {"\xc0\xaf", "\xe0\x80\xaf", "\xed\xa0\x80", "\xf4\x90\x80\x80", "\xf5\x80\x80\x80", "\xc3",
                          "\x80", "\xe2\x82"}) {
    EXPECT_EQ(faults_of(bad), "f.yaml:1: is not UTF-8 at byte 0");
  }
  EXPECT_EQ(faults_of("a: \x01"), "f.yaml:1: has a control character at byte 3");
}

TEST(Source, NumbersWithALeadingZeroAndBeyondTheRangeAreRefused) {
  EXPECT_EQ(faults_of("mode: 0644\nbig: 1e999\n"),
            "f.yaml:1: a number must not begin with 0; write \"0644\" in quotes if text is meant\n"
            "f.yaml:2: the number 1e999 is out of range");
  EXPECT_EQ(faults_of("zero: 0\nhalf: 0.5\nneg: -0.5"), "");
}

TEST(Source, SyntaxErrorsNameTheirLine) {
  EXPECT_EQ(faults_of("a: 1\nb: [1, 2\n"), "f.yaml:3: not YAML: end of sequence flow not found");
  EXPECT_EQ(faults_of("a: 1\n---\nb: 2\n"), "f.yaml: holds more than one document; want one");
  EXPECT_EQ(faults_of("[1, 2]"), "f.yaml: is [1,2]; want an object");
  EXPECT_EQ(faults_of("just text"), "f.yaml: is \"just text\"; want an object");
  EXPECT_EQ(faults_of("? [a, b]\n: 1\n"), "f.yaml:1: a key must be plain text, not a list or an object");
}

TEST(Source, JsonIsHeldToJson) {
  const auto faults = [](std::string_view text) {
    return to_string(parse_source("f.json", text, Syntax::json).faults);
  };
  EXPECT_EQ(faults("{\"a\": 1, \"a\": 2}"), "f.json: the name \"a\" occurs twice in one object");
  EXPECT_EQ(faults("a: 1").substr(0, 26), "f.json: not JSON at byte 1");
}

TEST(Source, AFileIsReadByItsExtensionAndAMissingOneIsAFault) {
  const test::TemporaryDirectory folder;
  const auto path = folder.path() / "x.json";
  ASSERT_TRUE(base::write_private_file(path, "{\"a\": 1}").ok());
  EXPECT_EQ(read_source(path).value, (Json{{"a", 1}}));
  const auto missing = folder.path() / "none.yaml";
  EXPECT_EQ(to_string(read_source(missing).faults), missing.string() + ": cannot be opened: No such file or directory");
}

}  // namespace
}  // namespace slipway::config
