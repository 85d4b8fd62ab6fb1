#include "tests/contract/metrics/metrics_contract.hpp"

namespace slipway::test {
namespace {

TEST_P(MetricsContract, each_group_asked_about_has_one_entry) {
  const auto reply = ask(question(GetParam().query, "w"));
  ASSERT_TRUE(reply.ok()) << to_string(reply.status());
  ASSERT_EQ(reply->groups.size(), 2U);
  EXPECT_EQ(reply->groups[0].role, "next");
  EXPECT_EQ(reply->groups[1].role, "stable");
}

TEST_P(MetricsContract, what_could_not_be_had_is_absent_and_explained) {
  const auto reply = ask(question(GetParam().query, "w"));
  ASSERT_TRUE(reply.ok()) << to_string(reply.status());
  for (const auto& group : reply->groups) {
    EXPECT_TRUE(group.values.empty()) << encode_text(group);
    EXPECT_FALSE(group.problem.empty());
    EXPECT_LT(group.completeness, 1.0);
  }
}

TEST_P(MetricsContract, the_same_window_gives_the_same_answer) {
  const auto first = ask(question(GetParam().query, "w")), second = ask(question(GetParam().query, "w"));
  ASSERT_TRUE(first.ok() && second.ok());
  EXPECT_EQ(encode_text(*first), encode_text(*second));
}

TEST_P(MetricsContract, no_group_asked_about_is_an_empty_answer) {
  auto request = question(GetParam().query, "w");
  request.groups.clear();
  const auto reply = ask(request);
  ASSERT_TRUE(reply.ok()) << to_string(reply.status());
  EXPECT_TRUE(reply->groups.empty());
}

}  // namespace
}  // namespace slipway::test
