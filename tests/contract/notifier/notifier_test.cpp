#include "tests/contract/notifier/notifier_contract.hpp"

namespace slipway::test {
namespace {

using testing::HasSubstr;

TEST_P(NotifierContract, an_event_arrives_once_with_its_id_and_summary) {
  EXPECT_EQ(send(), Status());
  ASSERT_EQ(receiver_.received.size(), 1U);
  EXPECT_THAT(receiver_.received[0], HasSubstr("event-1"));
  EXPECT_THAT(receiver_.received[0], HasSubstr("1.2 went back"));
}

TEST_P(NotifierContract, a_passing_fault_is_overcome_and_the_repetition_says_the_same) {
  receiver_.failures = 2;
  EXPECT_EQ(send(), Status());
  ASSERT_EQ(receiver_.received.size(), 3U);
  EXPECT_EQ(receiver_.received[1], receiver_.received[0]);
  EXPECT_EQ(receiver_.received[2], receiver_.received[0]);
}

TEST_P(NotifierContract, it_gives_up_after_a_bounded_number_of_attempts) {
  receiver_.failures = Receiver::kForEver;
  EXPECT_EQ(send().code, Code::unavailable);
  EXPECT_LE(receiver_.received.size(), 20U);
}

TEST_P(NotifierContract, one_that_failed_does_not_stand_in_the_way_of_the_next) {
  receiver_.failures = Receiver::kForEver;
  EXPECT_FALSE(send("event-1").ok());
  receiver_.failures = 0;
  EXPECT_EQ(send("event-2"), Status());
}

TEST_P(NotifierContract, text_of_any_kind_is_carried) {
  EXPECT_EQ(send("event-1", "quote \" newline \n \xc3\xa4 \xf0\x9f\x9a\xa2"), Status());
}

TEST_P(NotifierContract, documents_that_are_none_are_refused_and_nothing_is_sent) {
  for (const char* payload : {"", "nonsense", "\xff", "[]", "{}", R"({"id":7})"}) {
    EXPECT_EQ(driver().call(notifier::kId, 0, payload, {}).status().code, Code::invalid_argument) << payload;
  }
  EXPECT_TRUE(receiver_.received.empty());
}

}  // namespace
}  // namespace slipway::test
