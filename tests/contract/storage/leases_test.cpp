#include "tests/contract/storage/storage_contract.hpp"

namespace slipway::test {
namespace {

using storage::LeaseAction;
using testing::HasSubstr;

storage::LeaseRequest wants(const std::string& owner, LeaseAction action = LeaseAction::acquire,
                            std::int64_t token = 0) {
  return {"engine", owner, action, token, seconds(60)};
}

TEST_P(StorageContract, a_lease_has_one_owner) {
  const auto held = ask<storage::Lease>(wants("one"));
  ASSERT_TRUE(held.ok()) << to_string(held.status());
  EXPECT_GT(held->token, 0);
  EXPECT_EQ(held->owner, "one");
  const auto refused = ask<storage::Lease>(wants("two"));
  EXPECT_EQ(refused.status().code, Code::failed_precondition);
  EXPECT_THAT(refused.status().message, HasSubstr("\"one\""));
}

TEST_P(StorageContract, the_owner_that_acquires_again_keeps_its_token) {
  const auto first = ask<storage::Lease>(wants("one"));
  const auto again = ask<storage::Lease>(wants("one"));
  EXPECT_EQ(again->token, first->token);
  EXPECT_GE(again->expires_at, first->expires_at);
}

TEST_P(StorageContract, a_released_lease_goes_to_the_next_with_a_larger_token) {
  const auto first = ask<storage::Lease>(wants("one"));
  ASSERT_TRUE(ask<storage::Lease>(wants("one", LeaseAction::release, first->token)).ok());
  const auto second = ask<storage::Lease>(wants("two"));
  ASSERT_TRUE(second.ok());
  EXPECT_GT(second->token, first->token);
}

TEST_P(StorageContract, releasing_twice_is_no_fault_as_long_as_nobody_else_has_it) {
  const auto held = ask<storage::Lease>(wants("one"));
  EXPECT_TRUE(ask<storage::Lease>(wants("one", LeaseAction::release, held->token)).ok());
  EXPECT_TRUE(ask<storage::Lease>(wants("one", LeaseAction::release, held->token)).ok());
  ASSERT_TRUE(ask<storage::Lease>(wants("two")).ok());
  EXPECT_EQ(ask<storage::Lease>(wants("one", LeaseAction::release, held->token)).status().code,
            Code::failed_precondition);
}

TEST_P(StorageContract, renewing_needs_owner_and_token) {
  const auto held = ask<storage::Lease>(wants("one"));
  EXPECT_EQ(ask<storage::Lease>(wants("one", LeaseAction::renew, held->token))->token, held->token);
  EXPECT_EQ(ask<storage::Lease>(wants("one", LeaseAction::renew, held->token + 1)).status().code,
            Code::failed_precondition);
  EXPECT_EQ(ask<storage::Lease>(wants("two", LeaseAction::renew, held->token)).status().code,
            Code::failed_precondition);
}

TEST_P(StorageContract, whoever_looks_sees_how_a_lease_stands_and_changes_nothing) {
  const auto look = [this] { return *ask<storage::Lease>(wants("two", LeaseAction::look)); };
  EXPECT_EQ(look().token, 0) << "one that never was";
  EXPECT_EQ(look().owner, "");
  EXPECT_EQ(look().changed_at, Instant{});
  const auto held = ask<storage::Lease>(wants("one"));
  const auto seen = look();
  EXPECT_EQ(seen.owner, "one");
  EXPECT_EQ(seen.token, held->token);
  EXPECT_EQ(seen.expires_at, held->expires_at);
  EXPECT_EQ(seen.changed_at, held->changed_at);
  EXPECT_GE(seen.at, held->at);
  EXPECT_EQ(held->changed_at, held->at);
  const auto renewed = ask<storage::Lease>(wants("one", LeaseAction::renew, held->token));
  ASSERT_TRUE(renewed.ok()) << to_string(renewed.status());
  EXPECT_EQ(look().changed_at, renewed->at);
  const auto released = ask<storage::Lease>(wants("one", LeaseAction::release, held->token));
  EXPECT_EQ(look().owner, "");
  EXPECT_EQ(look().token, held->token);
  EXPECT_EQ(look().changed_at, released->at);
}

TEST_P(StorageContract, a_time_to_live_that_is_no_time_is_refused_by_name) {
  auto request = wants("one");
  request.ttl = {};
  const auto refused = ask<storage::Lease>(request);
  EXPECT_EQ(refused.status().code, Code::invalid_argument);
  ASSERT_EQ(refused.status().problems.size(), 1U);
  EXPECT_EQ(refused.status().problems[0].path, "/ttl");
}

}  // namespace
}  // namespace slipway::test
