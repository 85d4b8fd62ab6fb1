#include "tests/contract/secrets/secrets_contract.hpp"

namespace slipway::test {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::Not;
using testing::Pair;

TEST_P(SecretsContract, values_come_back_by_name) {
  const auto reply = resolve({"DB_PASSWORD", "API_KEY"});
  ASSERT_TRUE(reply.ok()) << to_string(reply.status());
  EXPECT_THAT(reply->values, ElementsAre(Pair("API_KEY", "k=\"e\"y"), Pair("DB_PASSWORD", "hunter2")));
}

TEST_P(SecretsContract, only_what_was_asked_for_is_told) {
  EXPECT_THAT(resolve({"API_KEY", "API_KEY"})->values, ElementsAre(Pair("API_KEY", "k=\"e\"y")));
}

TEST_P(SecretsContract, every_missing_name_is_named_and_no_value_is) {
  const Status status = resolve({"FIRST_MISSING", "DB_PASSWORD", "SECOND_MISSING"}).status();
  EXPECT_EQ(status.code, Code::not_found);
  EXPECT_THAT(status.message, HasSubstr("\"FIRST_MISSING\""));
  EXPECT_THAT(status.message, HasSubstr("\"SECOND_MISSING\""));
  EXPECT_THAT(status.message, Not(HasSubstr("DB_PASSWORD")));
  EXPECT_THAT(to_string(status), Not(HasSubstr("hunter2")));
}

TEST_P(SecretsContract, the_list_has_names_in_order_and_no_values) {
  EXPECT_THAT(list()->names, ElementsAre("API_KEY", "DB_PASSWORD"));
}

TEST_P(SecretsContract, a_name_that_reaches_elsewhere_finds_nothing) {
  for (const char* name : {"../DB_PASSWORD", "/etc/passwd", "PATH", "", "DB_PASSWORD\n", "a=b"}) {
    EXPECT_EQ(resolve({name}).status().code, Code::not_found) << name;
  }
}

TEST_P(SecretsContract, documents_that_are_none_are_refused) {
  for (const char* payload :
       {"", "nonsense", "\xff", "[]", "{}", R"({"tenant":"acme","names":"A"})", R"({"tenant":"acme","names":[]})"}) {
    const auto answer = driver().call(secrets::kId, secrets::Interface::index_of<secrets::Resolve>(), payload, {});
    EXPECT_EQ(answer.status().code, Code::invalid_argument) << payload;
  }
}

}  // namespace
}  // namespace slipway::test
