#include "tests/contract/storage/storage_contract.hpp"

namespace slipway::test {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

TEST_P(StorageContract, a_version_that_does_not_hold_refuses_the_whole_batch_and_is_named) {
  ASSERT_TRUE(write({.puts = {put("a", "1")}}).ok());
  const auto refused =
      write({.expect = {{thing("a"), 7}}, .puts = {put("b", "new")}, .appends = {{{"acme", "log"}, "e"}}});
  EXPECT_EQ(refused.status().code, Code::aborted);
  EXPECT_THAT(refused.status().message, HasSubstr("acme/thing/a"));
  EXPECT_EQ(value_of(thing("b")), "-");
  EXPECT_EQ(ask<storage::Read>({.stream = {"acme", "log"}})->last, 0);
}

TEST_P(StorageContract, version_0_means_that_the_record_must_not_exist) {
  const storage::WriteRequest create{.expect = {{thing("a"), 0}}, .puts = {put("a", "first")}};
  EXPECT_TRUE(write(create).ok());
  EXPECT_EQ(write(create).status().code, Code::aborted);
}

TEST_P(StorageContract, expectations_are_about_what_was_there_before_the_batch) {
  ASSERT_TRUE(write({.puts = {put("a", "1")}}).ok());
  EXPECT_TRUE(write({.expect = {{thing("a"), 1}, {thing("a"), 1}}, .puts = {put("a", "2"), put("a", "3")}}).ok());
  EXPECT_EQ(value_of(thing("a")), "3");
}

TEST_P(StorageContract, of_two_writers_that_read_the_same_version_one_wins) {
  ASSERT_TRUE(write({.puts = {put("a", "0")}}).ok());
  EXPECT_TRUE(write({.expect = {{thing("a"), 1}}, .puts = {put("a", "mine")}}).ok());
  EXPECT_EQ(write({.expect = {{thing("a"), 1}}, .puts = {put("a", "yours")}}).status().code, Code::aborted);
  EXPECT_EQ(value_of(thing("a")), "mine");
}

TEST_P(StorageContract, a_batch_written_again_answers_as_the_first_time_and_changes_nothing) {
  const storage::WriteRequest batch{
      .batch = "b-1", .expect = {{thing("a"), 0}}, .puts = {put("a", "1")}, .appends = {{{"acme", "log"}, "e"}}};
  const auto first = write(batch);
  ASSERT_TRUE(first.ok());
  const auto again = write(batch);
  ASSERT_TRUE(again.ok()) << to_string(again.status());
  EXPECT_EQ(again->versions, first->versions);
  EXPECT_EQ(again->sequences, first->sequences);
  EXPECT_EQ(again->at, first->at);
  EXPECT_EQ(ask<storage::Read>({.stream = {"acme", "log"}})->last, 1);
}

TEST_P(StorageContract, the_name_of_a_batch_is_known_after_a_restart) {
  const storage::WriteRequest batch{.batch = "b-1", .puts = {put("a", "1")}};
  ASSERT_TRUE(write(batch).ok());
  restart();
  EXPECT_THAT(write(batch)->versions, ElementsAre(1));
}

TEST_P(StorageContract, a_refused_batch_may_be_tried_again_under_its_name) {
  const storage::WriteRequest batch{.batch = "b-1", .expect = {{thing("a"), 1}}, .puts = {put("b", "1")}};
  EXPECT_EQ(write(batch).status().code, Code::aborted);
  ASSERT_TRUE(write({.puts = {put("a", "1")}}).ok());
  EXPECT_TRUE(write(batch).ok());
}

TEST_P(StorageContract, an_empty_batch_is_written) { EXPECT_TRUE(write({}).ok()); }

TEST_P(StorageContract, a_batch_under_a_lease_needs_its_token) {
  const auto held = ask<storage::Lease>({.name = "engine", .owner = "one"});
  EXPECT_TRUE(write({.expect_leases = {{"engine", held->token}}, .puts = {put("a", "1")}}).ok());
  const auto stale = write({.expect_leases = {{"engine", held->token - 1}}, .puts = {put("a", "2")}});
  EXPECT_EQ(stale.status().code, Code::aborted);
  EXPECT_THAT(stale.status().message, HasSubstr("\"engine\""));
  EXPECT_EQ(write({.expect_leases = {{"unknown", 1}}, .puts = {put("a", "2")}}).status().code, Code::aborted);
  EXPECT_EQ(value_of(thing("a")), "1");
}

TEST_P(StorageContract, a_batch_of_the_largest_size_is_taken) {
  storage::WriteRequest batch;
  for (int i = 0; i < 500; ++i) {
    batch.puts.push_back(put(std::to_string(i), "v"));
    batch.appends.push_back({{"acme", "log"}, "e"});
  }
  const auto written = write(batch);
  ASSERT_TRUE(written.ok()) << to_string(written.status());
  EXPECT_EQ(written->versions.size(), 500U);
  EXPECT_EQ(written->sequences.back(), 500);
}

}  // namespace
}  // namespace slipway::test
