#include "tests/contract/storage/storage_contract.hpp"
#include "tests/support/server_process.hpp"

namespace slipway::test {
namespace {

using storage::LeaseAction;
using testing::MatchesRegex;

const storage::StreamRef kLog{"acme", "log"};

class StorageFencing : public StorageContract {
 protected:
  Result<storage::LeaseReply> lease(const std::string& owner, LeaseAction action = LeaseAction::acquire,
                                    std::int64_t token = 0, Duration ttl = seconds(60)) {
    return ask<storage::Lease>({"engine", owner, action, token, ttl});
  }
  // The lease that "one" had for a moment, once "two" has taken it.
  struct Takeover {
    storage::LeaseReply lost;
    storage::LeaseReply held;
  };
  Takeover take_over() {
    const auto lost = lease("one", LeaseAction::acquire, 0, milliseconds(50));
    Result<storage::LeaseReply> held = Status(Code::unknown, "not asked");
    eventually([&] { return (held = lease("two")).ok(); });
    return {lost.value(), held.value()};
  }
  storage::WriteRequest under(std::int64_t token) {
    return {.expect_leases = {{"engine", token}}, .puts = {put("a", "v")}, .appends = {{kLog, "e"}}};
  }
};

TEST_P(StorageFencing, a_lease_that_ran_out_goes_to_the_next_with_a_larger_token) {
  const auto [lost, held] = take_over();
  EXPECT_GT(held.token, lost.token);
  EXPECT_EQ(held.owner, "two");
}

TEST_P(StorageFencing, time_is_the_stores_own) {
  const auto held = lease("one", LeaseAction::acquire, 0, seconds(60));
  const auto written = write({.puts = {put("a", "v")}});
  EXPECT_GT(held->expires_at, written->at);
  EXPECT_LE(held->expires_at, written->at + seconds(60));
}

TEST_P(StorageFencing, a_lease_that_ran_out_protects_nothing_even_while_nobody_else_has_it) {
  const auto held = lease("one", LeaseAction::acquire, 0, milliseconds(50));
  Status refused;
  ASSERT_TRUE(eventually([&] { return !(refused = write(under(held->token)).status()).ok(); }));
  EXPECT_THAT(to_string(refused), MatchesRegex("ABORTED: lease \"engine\": is not held under token 1; \"one\" holds it "
                                               "under token 1, which ran out at [-0-9T:.]+Z"));
  EXPECT_EQ(lease("one", LeaseAction::renew, held->token).status().code, Code::failed_precondition);
}

TEST_P(StorageFencing, the_writes_of_an_owner_that_lost_its_lease_change_nothing) {
  const auto [lost, held] = take_over();
  EXPECT_THAT(to_string(write(under(lost.token)).status()),
              MatchesRegex("ABORTED: lease \"engine\": is not held under token 1; \"two\" holds it under token 2 until "
                           "[-0-9T:.]+Z"));
  EXPECT_EQ(value_of(thing("a")), "-");
  EXPECT_EQ(ask<storage::Read>({.stream = kLog})->last, 0);
  EXPECT_TRUE(write(under(held.token)).ok());
}

TEST_P(StorageFencing, an_owner_that_lost_its_lease_learns_who_has_it) {
  const auto [lost, held] = take_over();
  EXPECT_THAT(to_string(lease("one", LeaseAction::renew, lost.token).status()),
              MatchesRegex("FAILED_PRECONDITION: lease \"engine\": \"one\" has lost it under token 1; \"two\" holds it "
                           "under token 2 until [-0-9T:.]+Z; acquire it again"));
  EXPECT_THAT(to_string(lease("one").status()),
              MatchesRegex("FAILED_PRECONDITION: lease \"engine\": \"two\" holds it under token 2 until [-0-9T:.]+Z"));
}

TEST_P(StorageFencing, a_batch_that_was_written_under_a_lease_is_answered_again_after_it_was_lost) {
  const auto first = lease("one");
  storage::WriteRequest batch = under(first->token);
  batch.batch = "b-1";
  const auto written = write(batch);
  ASSERT_TRUE(lease("one", LeaseAction::release, first->token).ok());
  const auto again = write(batch);
  ASSERT_TRUE(again.ok()) << to_string(again.status());
  EXPECT_EQ(again->sequences, written->sequences);
}

TEST_P(StorageFencing, a_refusal_names_the_record_and_both_versions) {
  ASSERT_TRUE(write({.puts = {put("a", "v")}}).ok());
  EXPECT_EQ(to_string(write({.expect = {{thing("a"), 7}}}).status()),
            "ABORTED: record \"acme/thing/a\": expected version 7, there is version 1; read it again and decide anew");
  EXPECT_EQ(
      to_string(write({.expect = {{thing("b"), 1}}}).status()),
      "ABORTED: record \"acme/thing/b\": expected version 1, there is no such record; read it again and decide anew");
}

TEST_P(StorageFencing, a_record_that_was_removed_and_made_again_begins_anew) {
  ASSERT_TRUE(write({.puts = {put("a", "1"), put("a", "2")}}).ok());
  ASSERT_TRUE(write({.expect = {{thing("a"), 2}}, .removes = {thing("a")}}).ok());
  EXPECT_EQ(write({.expect = {{thing("a"), 0}}, .puts = {put("a", "3")}})->versions.at(0), 1);
}

TEST_P(StorageFencing, within_a_batch_puts_come_before_removes_and_appends_before_trims) {
  ASSERT_TRUE(write({.puts = {put("a", "1")},
                     .removes = {thing("a")},
                     .appends = {{kLog, "e"}, {kLog, "f"}},
                     .trims = {{kLog, 1}}})
                  .ok());
  EXPECT_EQ(value_of(thing("a")), "-");
  const auto left = ask<storage::Read>({.stream = kLog});
  EXPECT_EQ(left->first, 2);
  EXPECT_EQ(left->last, 2);
}

}  // namespace

INSTANTIATE_TEST_SUITE_P(Plugins, StorageFencing, testing::ValuesIn(storage_plugins()),
                         [](const auto& plugin) { return plugin.param.name; });

}  // namespace slipway::test
