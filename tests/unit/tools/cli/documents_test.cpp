#include "tools/cli/documents.hpp"

#include <gmock/gmock.h>

#include "tools/cli/output.hpp"

namespace slipway::cli {
namespace {

TEST(Documents, a_stray_bracket_is_a_fault_with_its_line_and_not_documents_without_end) {
  for (const char* text : {"]", "}", "a: 1\n---\n]\n"}) {
    const auto documents = parse_documents(text, "app.yaml");
    ASSERT_FALSE(documents.ok()) << text;
    EXPECT_THAT(documents.status().message, testing::StartsWith("app.yaml:"));
  }
}

TEST(Documents, empty_ones_between_marks_are_no_fault) {
  const auto documents = parse_documents("---\n---\na: 1\n", "app.yaml");
  ASSERT_TRUE(documents.ok()) << documents.status().message;
}

TEST(Yaml, texts_that_would_be_read_as_something_else_or_lose_a_part_are_quoted) {
  const Json document{{"a", "line\r"}, {"null", "true"}, {"b", {"~", "1e3", "", "x\x7f", "two\nlines", "# no"}}};
  const auto again = parse_documents(to_yaml(document), "again");
  ASSERT_TRUE(again.ok()) << again.status().message;
  EXPECT_EQ(again->front(), document);
}

}  // namespace
}  // namespace slipway::cli
