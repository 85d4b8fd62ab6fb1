#include "plugins/providers/local/edge/runtime_reply.hpp"

#include <gmock/gmock.h>

#include "plugins/providers/local/edge/map_sync.hpp"

namespace slipway::local {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;
using ::testing::Pair;

TEST(Reply, an_empty_line_and_the_sentences_of_success_are_success) {
  EXPECT_EQ(classify("\n"), Reply::kDone);
  EXPECT_EQ(classify("New server registered.\n\n"), Reply::kDone);
  EXPECT_EQ(classify("Server deleted.\n"), Reply::kDone);
}

TEST(Reply, errors_are_told_apart_by_their_texts) {
  EXPECT_EQ(classify("No such server.\n"), Reply::kNoSuchServer);
  EXPECT_EQ(classify("No such backend.\n"), Reply::kNoSuchBackend);
  EXPECT_EQ(classify("Already exists a server with the same name in backend.\n"), Reply::kAlreadyExists);
  EXPECT_EQ(classify("Server still has connections attached to it, cannot remove it.\n"), Reply::kStillConnected);
  EXPECT_EQ(classify("Only servers in maintenance mode can be deleted.\n"), Reply::kNotInMaintenance);
  EXPECT_EQ(classify("entry not found.\n"), Reply::kNoEntry);
  EXPECT_EQ(classify("Unknown map identifier. Please use #<id> or <file>.\n"), Reply::kUnknownMap);
  EXPECT_EQ(classify("Permission denied\n"), Reply::kRefused);
}

TEST(Stat, reads_rows_by_the_names_in_the_header_whatever_their_order) {
  const auto rows = parse_stat(
      "# pxname,svname,qcur,scur,status,check_status,addr,\nshop.a,1.0-1,2,3,DRAIN,L7OK,127.0.0.1:9000,\n\n");
  ASSERT_EQ(rows.size(), 1U);
  EXPECT_EQ(rows[0].backend, "shop.a");
  EXPECT_EQ(rows[0].server, "1.0-1");
  EXPECT_EQ(rows[0].queued, 2U);
  EXPECT_EQ(rows[0].sessions, 3U);
  EXPECT_EQ(rows[0].status, "DRAIN");
  EXPECT_EQ(rows[0].check, "L7OK");
  EXPECT_EQ(rows[0].address, "127.0.0.1:9000");
}

TEST(Stat, rubbish_has_no_rows) {
  EXPECT_THAT(parse_stat(""), IsEmpty());
  EXPECT_THAT(parse_stat("Unknown command\n"), IsEmpty());
  EXPECT_THAT(parse_stat("# pxname,svname\nshort\n"), IsEmpty());
}

TEST(Processes, tells_the_current_worker_from_the_leaving_ones) {
  const auto table = parse_processes(
      "#<PID>          <type>          <reloads>       <uptime>        <version>\n"
      "100             master          2 [failed: 1]   0d00h00m02s     2.6.12\n"
      "# workers\n105             worker          0               0d00h00m02s     2.6.12\n"
      "# old workers\n103             worker          1               0d00h00m09s     2.6.12\n# programs\n\n");
  EXPECT_EQ(table.master, 100);
  EXPECT_EQ(table.worker, 105);
  EXPECT_THAT(table.old_workers, ElementsAre(103));
  EXPECT_EQ(table.failed_reloads, 1);
}

TEST(Map, a_change_is_one_command_for_each_key_that_differs) {
  const MapLines before{{"a", "1"}, {"b", "2"}, {"c", "3"}}, after{{"b", "9"}, {"c", "3"}, {"d", "4"}};
  EXPECT_THAT(changes_of("m", before, after), ElementsAre("set map m b 9", "add map m d 4", "del map m a"));
  EXPECT_THAT(changes_of("m", after, after), IsEmpty());
}

TEST(Map, a_replacement_is_one_transaction) {
  EXPECT_EQ(map_version_of("New version created: 3\n\n"), "3");
  EXPECT_EQ(map_version_of("Unknown map identifier"), "");
  EXPECT_THAT(replacement_of("m", "3", {{"k", "v"}}), ElementsAre("add map @3 m k v", "commit map @3 m"));
}

TEST(Map, reads_what_show_map_answers) {
  EXPECT_THAT(parse_map("0x55 acme/shop a:b:0\n0x56 (?s)^x next\n\n"),
              ElementsAre(Pair("acme/shop", "a:b:0"), Pair("(?s)^x", "next")));
  EXPECT_EQ(parse_map_value("type=map, found=yes, key=\"k\", value=\"a:b\", type=\"str\"\n"), "a:b");
  EXPECT_EQ(parse_map_value("found=no"), std::nullopt);
}

}  // namespace
}  // namespace slipway::local
