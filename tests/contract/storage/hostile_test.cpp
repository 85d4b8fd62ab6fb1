#include "tests/contract/storage/storage_contract.hpp"

namespace slipway::test {
namespace {

template <class Method>
Status answer_to(Driver& driver, const std::string& payload) {
  return driver.call(storage::kId, storage::Interface::index_of<Method>(), payload, {}).status();
}

TEST_P(StorageContract, documents_that_are_none_are_refused) {
  const std::string deep = std::string(100'000, '[');
  for (const std::string& payload :
       {std::string(), std::string("nonsense"), std::string("\xff\xfe"), std::string("[]"), std::string("{}"),
        std::string(R"({"keys":[],"keys":[]})"), std::string(R"({"keys":7})"), std::string(R"({"keys":[{}]})"), deep}) {
    EXPECT_EQ(answer_to<storage::Get>(driver(), payload).code, Code::invalid_argument) << payload.substr(0, 40);
  }
}

TEST_P(StorageContract, every_fault_of_a_request_is_named) {
  const Status status =
      answer_to<storage::Write>(driver(), R"({"puts":[{"key":{"tenant":"","kind":"k","id":"i"}}],"trims":7})");
  EXPECT_EQ(status.code, Code::invalid_argument);
  std::vector<std::string> paths;
  for (const auto& problem : status.problems) paths.push_back(problem.path);
  EXPECT_THAT(paths, testing::UnorderedElementsAre("/puts/0/key/tenant", "/puts/0/value", "/trims"));
}

TEST_P(StorageContract, values_and_lists_above_the_limits_are_refused) {
  EXPECT_EQ(write({.puts = {put("a", std::string((1 << 20) + 1, 'x'))}}).status().code, Code::invalid_argument);
  EXPECT_EQ(write({.removes = std::vector<storage::Key>(501, thing("a"))}).status().code, Code::invalid_argument);
  EXPECT_EQ(ask<storage::Scan>({.tenant = "acme", .kind = "thing", .limit = 1001}).status().code,
            Code::invalid_argument);
}

TEST_P(StorageContract, a_value_of_the_largest_size_is_taken) {
  const std::string largest(1 << 20, 'x');
  ASSERT_TRUE(write({.puts = {put("a", largest)}}).ok());
  EXPECT_EQ(value_of(thing("a")), largest);
}

TEST_P(StorageContract, a_cursor_of_somebody_elses_making_is_refused) {
  for (const char* cursor : {"x", "99999999999999999999:a", "5:ab", ":", "-1:a"}) {
    const auto refused = ask<storage::Scan>({.tenant = "acme", .kind = "thing", .after = cursor});
    EXPECT_EQ(refused.status().code, Code::invalid_argument) << cursor;
  }
}

TEST_P(StorageContract, names_are_data_and_never_statements) {
  const std::string name = "a'; DROP TABLE records; --";
  ASSERT_TRUE(write({.puts = {put(name, "1")}, .appends = {{{name, name}, name}}}).ok());
  EXPECT_EQ(value_of(thing(name)), "1");
}

TEST_P(StorageContract, a_method_that_is_not_there_is_unimplemented) {
  EXPECT_EQ(driver().call(storage::kId, 99, "{}", {}).status().code, Code::unimplemented);
}

}  // namespace
}  // namespace slipway::test
