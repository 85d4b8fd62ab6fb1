#include "tests/contract/storage/storage_contract.hpp"

namespace slipway::test {
namespace {

using testing::ElementsAre;

const storage::StreamRef kLog{"acme", "log"};

std::vector<std::string> values(const storage::ReadReply& reply) {
  std::vector<std::string> list;
  for (const auto& entry : reply.entries) list.push_back(std::to_string(entry.sequence) + "=" + entry.value);
  return list;
}

TEST_P(StorageContract, entries_are_numbered_from_1_without_gaps) {
  EXPECT_THAT(ask<storage::Append>({kLog, {"a", "b"}})->sequences, ElementsAre(1, 2));
  EXPECT_THAT(write({.appends = {{kLog, "c"}, {{"acme", "other"}, "x"}, {kLog, "d"}}})->sequences,
              ElementsAre(3, 1, 4));
  EXPECT_THAT(values(*ask<storage::Read>({.stream = kLog})), ElementsAre("1=a", "2=b", "3=c", "4=d"));
}

TEST_P(StorageContract, a_refused_batch_takes_no_number) {
  EXPECT_FALSE(write({.expect = {{thing("a"), 3}}, .appends = {{kLog, "lost"}}}).ok());
  EXPECT_THAT(ask<storage::Append>({kLog, {"a"}})->sequences, ElementsAre(1));
}

TEST_P(StorageContract, reading_goes_on_after_a_number) {
  ASSERT_TRUE(ask<storage::Append>({kLog, {"a", "b", "c", "d"}}).ok());
  EXPECT_THAT(values(*ask<storage::Read>({kLog, 1, 2})), ElementsAre("2=b", "3=c"));
  EXPECT_THAT(values(*ask<storage::Read>({kLog, 4, 2})), ElementsAre());
  EXPECT_THAT(values(*ask<storage::Read>({kLog, 400, 2})), ElementsAre());
}

TEST_P(StorageContract, a_stream_that_was_never_written_is_empty) {
  const auto reply = ask<storage::Read>({.stream = {"acme", "nothing"}});
  ASSERT_TRUE(reply.ok()) << to_string(reply.status());
  EXPECT_TRUE(reply->entries.empty());
  EXPECT_EQ(reply->first, 0);
  EXPECT_EQ(reply->last, 0);
}

TEST_P(StorageContract, streams_of_tenants_are_apart) {
  ASSERT_TRUE(ask<storage::Append>({kLog, {"acme's"}}).ok());
  ASSERT_TRUE(ask<storage::Append>({{"other", "log"}, {"other's"}}).ok());
  EXPECT_THAT(values(*ask<storage::Read>({.stream = kLog})), ElementsAre("1=acme's"));
  EXPECT_THAT(values(*ask<storage::Read>({.stream = {"other", "log"}})), ElementsAre("1=other's"));
}

TEST_P(StorageContract, a_trim_takes_the_oldest_and_numbers_go_on) {
  ASSERT_TRUE(ask<storage::Append>({kLog, {"a", "b", "c"}}).ok());
  ASSERT_TRUE(write({.trims = {{kLog, 2}}}).ok());
  auto reply = ask<storage::Read>({.stream = kLog});
  EXPECT_THAT(values(*reply), ElementsAre("3=c"));
  EXPECT_EQ(reply->first, 3);
  ASSERT_TRUE(write({.trims = {{kLog, 99}, {{"acme", "nothing"}, 5}}}).ok());
  reply = ask<storage::Read>({.stream = kLog});
  EXPECT_TRUE(reply->entries.empty());
  EXPECT_EQ(reply->first, 0);
  EXPECT_EQ(reply->last, 3);
  EXPECT_THAT(ask<storage::Append>({kLog, {"d"}})->sequences, ElementsAre(4));
  EXPECT_EQ(ask<storage::Read>({.stream = kLog})->first, 4);
}

TEST_P(StorageContract, an_entry_knows_when_it_was_appended_and_time_does_not_go_back) {
  const auto first = write({.appends = {{kLog, "a"}}});
  const auto second = write({.appends = {{kLog, "b"}}});
  const auto reply = ask<storage::Read>({.stream = kLog});
  EXPECT_EQ(reply->entries.at(0).at, first->at);
  EXPECT_EQ(reply->entries.at(1).at, second->at);
  EXPECT_GE(second->at, first->at);
  EXPECT_GT(first->at, Instant{seconds(1'600'000'000).ns});
}

}  // namespace
}  // namespace slipway::test
