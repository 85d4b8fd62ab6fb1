#include "tests/contract/metrics/metrics_contract.hpp"

namespace slipway::test {
namespace {

Status answer_to(Driver& driver, const std::string& payload) {
  return driver.call(metrics::kId, metrics::Interface::index_of<metrics::Query>(), payload, {}).status();
}

TEST_P(MetricsContract, documents_that_are_none_are_refused) {
  for (const std::string& payload : {std::string(), std::string("nonsense"), std::string("\xff\xfe"), std::string("[]"),
                                     std::string("{}"), std::string(R"({"groups":7})"), std::string(100'000, '[')}) {
    EXPECT_EQ(answer_to(driver(), payload).code, Code::invalid_argument) << payload.substr(0, 40);
  }
}

TEST_P(MetricsContract, a_query_that_is_not_understood_is_refused) {
  EXPECT_EQ(ask(question(GetParam().wrong_query, "w")).status().code, Code::invalid_argument);
  EXPECT_EQ(ask(question("text", "w")).status().code, Code::invalid_argument);
}

TEST_P(MetricsContract, more_groups_than_allowed_are_refused) {
  auto request = question(GetParam().query, "w");
  request.groups.assign(9, {"next", "1.0", {}});
  EXPECT_EQ(ask(request).status().code, Code::invalid_argument);
}

TEST_P(MetricsContract, it_describes_its_numbers_and_its_query) {
  const auto reply = call<metrics::Interface, metrics::Describe>(driver(), {});
  ASSERT_TRUE(reply.ok()) << to_string(reply.status());
  EXPECT_FALSE(reply->metrics.empty());
  EXPECT_EQ(reply->query_schema.value("type", ""), "object");
  for (const auto& metric : reply->metrics) EXPECT_FALSE(metric.doc.empty()) << metric.name;
}

}  // namespace
}  // namespace slipway::test
