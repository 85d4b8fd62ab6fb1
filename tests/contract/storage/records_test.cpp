#include "tests/contract/storage/storage_contract.hpp"

namespace slipway::test {
namespace {

using testing::ElementsAre;

std::vector<std::string> ids(const storage::ScanReply& page) {
  std::vector<std::string> list;
  for (const auto& record : page.records) list.push_back(record.key.tenant + "/" + record.key.id);
  return list;
}

TEST_P(StorageContract, a_record_comes_back_as_it_was_written) {
  const std::string text = std::string("tab\t quote\" zero") + '\0' + " \xc3\xa4 \xf0\x9f\x9a\xa2";
  const auto written = write({.puts = {put("a", text)}});
  ASSERT_TRUE(written.ok()) << to_string(written.status());
  const auto reply = ask<storage::Get>({{thing("a")}});
  ASSERT_EQ(reply->records.size(), 1U);
  EXPECT_EQ(reply->records[0].key, thing("a"));
  EXPECT_EQ(reply->records[0].value, text);
  EXPECT_EQ(reply->records[0].version, 1);
  EXPECT_EQ(reply->records[0].updated_at, written->at);
}

TEST_P(StorageContract, get_answers_what_there_is_in_the_order_asked) {
  ASSERT_TRUE(write({.puts = {put("a", "1"), put("b", "2"), put("c", "3")}}).ok());
  const auto reply = ask<storage::Get>({{thing("c"), thing("missing"), thing("a")}});
  ASSERT_EQ(reply->records.size(), 2U);
  EXPECT_EQ(reply->records[0].value, "3");
  EXPECT_EQ(reply->records[1].value, "1");
}

TEST_P(StorageContract, a_version_grows_with_each_write) {
  EXPECT_THAT(write({.puts = {put("a", "1")}})->versions, ElementsAre(1));
  EXPECT_THAT(write({.puts = {put("a", "2"), put("b", "1")}})->versions, ElementsAre(2, 1));
  EXPECT_EQ(ask<storage::Get>({{thing("a")}})->records[0].version, 2);
}

TEST_P(StorageContract, tenants_and_kinds_are_apart) {
  ASSERT_TRUE(
      write({.puts = {put("a", "acme's"), put("a", "other's", "other"), {{"acme", "kind", "a"}, "kind's"}}}).ok());
  EXPECT_EQ(value_of(thing("a")), "acme's");
  EXPECT_EQ(value_of(thing("a", "other")), "other's");
  EXPECT_THAT(ids(*ask<storage::Scan>({.tenant = "acme", .kind = "thing"})), ElementsAre("acme/a"));
}

TEST_P(StorageContract, a_removed_record_is_gone_and_removing_an_absent_one_is_no_fault) {
  ASSERT_TRUE(write({.puts = {put("a", "1")}}).ok());
  ASSERT_TRUE(write({.removes = {thing("a"), thing("never")}}).ok());
  EXPECT_EQ(value_of(thing("a")), "-");
  EXPECT_TRUE(write({.expect = {{thing("a"), 0}}}).ok());
}

TEST_P(StorageContract, a_scan_goes_bytewise_by_id) {
  ASSERT_TRUE(
      write({.puts = {put("b", ""), put("a/2", ""), put("B", ""), put("a", ""), put("a0", ""), put("\xc3\xa4", "")}})
          .ok());
  EXPECT_THAT(ids(*ask<storage::Scan>({.tenant = "acme", .kind = "thing"})),
              ElementsAre("acme/B", "acme/a", "acme/a/2", "acme/a0", "acme/b", "acme/\xc3\xa4"));
}

TEST_P(StorageContract, a_scan_can_be_held_to_a_prefix) {
  ASSERT_TRUE(write({.puts = {put("a", ""), put("a%", ""), put("a_", ""), put("ab", ""), put("b", "")}}).ok());
  EXPECT_THAT(ids(*ask<storage::Scan>({.tenant = "acme", .kind = "thing", .prefix = "a_"})), ElementsAre("acme/a_"));
  EXPECT_THAT(ids(*ask<storage::Scan>({.tenant = "acme", .kind = "thing", .prefix = "a"})),
              ElementsAre("acme/a", "acme/a%", "acme/a_", "acme/ab"));
}

TEST_P(StorageContract, a_scan_without_a_tenant_sees_every_tenants_records_in_order) {
  ASSERT_TRUE(write({.puts = {put("x", "", "b"), put("z", "", "a"), put("y", "", "a"), put("x", "", "ab")}}).ok());
  storage::ScanRequest request{.kind = "thing", .limit = 1};
  std::vector<std::string> seen;
  for (int pages = 0; pages < 10; ++pages) {
    const auto page = ask<storage::Scan>(request);
    for (const auto& id : ids(*page)) seen.push_back(id);
    request.after = page->next;
    if (page->next.empty()) break;
  }
  EXPECT_THAT(seen, ElementsAre("a/y", "a/z", "ab/x", "b/x"));
}

TEST_P(StorageContract, pages_stay_stable_while_records_come_and_go) {
  for (const char* id : {"b", "d", "f", "h"}) ASSERT_TRUE(write({.puts = {put(id, "")}}).ok());
  storage::ScanRequest request{.tenant = "acme", .kind = "thing", .limit = 2};
  const auto first = ask<storage::Scan>(request);
  EXPECT_THAT(ids(*first), ElementsAre("acme/b", "acme/d"));
  ASSERT_TRUE(write({.puts = {put("a", ""), put("g", "")}, .removes = {thing("d")}}).ok());
  request.after = first->next;
  const auto second = ask<storage::Scan>(request);
  EXPECT_THAT(ids(*second), ElementsAre("acme/f", "acme/g"));
  request.after = second->next;
  const auto third = ask<storage::Scan>(request);
  EXPECT_THAT(ids(*third), ElementsAre("acme/h"));
  EXPECT_EQ(third->next, "");
}

TEST_P(StorageContract, a_full_last_page_has_no_next) {
  ASSERT_TRUE(write({.puts = {put("a", ""), put("b", "")}}).ok());
  EXPECT_EQ(ask<storage::Scan>({.tenant = "acme", .kind = "thing", .limit = 2})->next, "");
}

TEST_P(StorageContract, a_cursor_leads_to_nothing_of_another_tenant_and_out_of_no_prefix) {
  ASSERT_TRUE(write({.puts = {put("a", ""), put("b", ""), put("z", ""), put("c", "", "other")}}).ok());
  const auto first = ask<storage::Scan>({.tenant = "acme", .kind = "thing", .limit = 1});
  EXPECT_THAT(ids(*ask<storage::Scan>({.tenant = "other", .kind = "thing", .after = first->next})),
              ElementsAre("other/c"));
  EXPECT_THAT(ids(*ask<storage::Scan>({.tenant = "acme", .kind = "thing", .prefix = "z", .after = first->next})),
              ElementsAre("acme/z"));
  EXPECT_THAT(ids(*ask<storage::Scan>({.tenant = "nobody", .kind = "thing", .after = first->next})), ElementsAre());
}

TEST_P(StorageContract, a_cursor_is_good_after_a_restart) {
  ASSERT_TRUE(write({.puts = {put("a", ""), put("b", "")}}).ok());
  const auto first = ask<storage::Scan>({.tenant = "acme", .kind = "thing", .limit = 1});
  restart();
  EXPECT_THAT(ids(*ask<storage::Scan>({.tenant = "acme", .kind = "thing", .after = first->next})),
              ElementsAre("acme/b"));
}

TEST_P(StorageContract, a_prefix_may_end_with_any_character) {
  const std::vector<std::string> last = {std::string(1, '\0'), "\x01",         "\x7f",
                                         "\xc3\xbf",           "\xed\x9f\xbf", "\xf4\x8f\xbf\xbf"};
  for (const auto& character : last) {
    ASSERT_TRUE(write({.puts = {put(character, ""), put(character + "more", "")}}).ok());
    EXPECT_THAT(ids(*ask<storage::Scan>({.tenant = "acme", .kind = "thing", .prefix = character})),
                ElementsAre("acme/" + character, "acme/" + character + "more"));
  }
  EXPECT_EQ(ask<storage::Scan>({.tenant = "acme", .kind = "thing"})->records.size(), 2 * last.size());
}

TEST_P(StorageContract, everything_is_there_after_a_restart) {
  ASSERT_TRUE(write({.puts = {put("a", "1")}, .appends = {{{"acme", "log"}, "e"}}}).ok());
  const auto held = ask<storage::Lease>({.name = "engine", .owner = "one"});
  restart();
  EXPECT_EQ(value_of(thing("a")), "1");
  EXPECT_EQ(ask<storage::Read>({.stream = {"acme", "log"}})->last, 1);
  EXPECT_EQ(ask<storage::Lease>({.name = "engine", .owner = "one"})->token, held->token);
}

}  // namespace
}  // namespace slipway::test
