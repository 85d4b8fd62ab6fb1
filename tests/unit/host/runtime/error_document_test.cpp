#include "host/runtime/error_document.hpp"

#include <gtest/gtest.h>

namespace slipway::runtime {
namespace {

TEST(ErrorDocumentTest, a_status_survives_the_way_through_a_document) {
  const Status status(Code::not_found, "no \"x\"", {{"/a", "1", "want 2"}});
  EXPECT_EQ(status_of(SLIPWAY_NOT_FOUND, error_document(status), "?"), status);
}

TEST(ErrorDocumentTest, nothing_at_all_gets_the_given_sentence) {
  EXPECT_EQ(status_of(SLIPWAY_ABORTED, "", "it gave no reason"), Status(Code::aborted, "it gave no reason"));
}

TEST(ErrorDocumentTest, bytes_that_are_no_document_become_the_message_as_valid_text) {
  EXPECT_EQ(status_of(SLIPWAY_INTERNAL, "boom", "?"), Status(Code::internal, "boom"));
  EXPECT_EQ(status_of(SLIPWAY_INTERNAL, "\xff\xfe", "?"), Status(Code::internal, "\xEF\xBF\xBD\xEF\xBF\xBD"));
  EXPECT_EQ(status_of(SLIPWAY_INTERNAL, std::string(5000, 'x'), "?").message.size(), 500U);
}

TEST(ErrorDocumentTest, members_of_a_wrong_type_are_shown_as_they_are) {
  const auto status =
      status_of(SLIPWAY_INTERNAL, R"({"message":7,"problems":[1,{"path":null,"message":{"a":1}}]})", "?");
  EXPECT_EQ(status, Status(Code::internal, "7", {{"null", "", R"({"a":1})"}}));
}

TEST(ErrorDocumentTest, a_code_that_is_none_is_internal) {
  EXPECT_EQ(status_of(-3, "x", "?").code, Code::internal);
  EXPECT_EQ(status_of(SLIPWAY_OK, "x", "?").code, Code::internal);
}

}  // namespace
}  // namespace slipway::runtime
