// A primary that dies, a standby that takes over, and the old one that comes back.
#include "plugins/storage/postgres/announcer.hpp"
#include "tests/support/eventually.hpp"
#include "tests/unit/plugins/storage/postgres/store_fixture.hpp"

namespace slipway::test {
namespace {

using testing::HasSubstr;

class Failover : public PostgresTest {
 protected:
  Failover() : standby_(PostgresServer::standby_of(server_)) {
    // What the primary answers is on the standby too.
    (void)server_.sql("ALTER SYSTEM SET synchronous_standby_names = '*'");
    (void)server_.sql("SELECT pg_reload_conf()");
    EXPECT_TRUE(eventually([&] { return server_.sql("SELECT sync_state FROM pg_stat_replication") == "sync\n"; }));
  }
  [[nodiscard]] postgres::StoreSettings both(const std::string& first, const std::string& second) const {
    const std::string hosts = "host=127.0.0.1,127.0.0.1 port=" + first + "," + second + " dbname=slipway user=";
    return {.target = postgres::parse_target(hosts + "slipway_app", "/connection", {}),
            .owner = postgres::parse_target(hosts + "slipway_owner", "/owner_connection", {})};
  }
  [[nodiscard]] std::string primary_port() const { return std::to_string(server_.port()); }
  [[nodiscard]] std::string standby_port() const { return std::to_string(standby_->port()); }
  void fail_over() {
    server_.stop();
    standby_->promote();
  }
  void bring_the_old_one_back() {
    server_.start();
    // It would wait for a standby that does not follow it any more.
    (void)server_.sql("ALTER SYSTEM RESET synchronous_standby_names");
    (void)server_.sql("SELECT pg_reload_conf()");
  }

  std::unique_ptr<PostgresServer> standby_;
};

constexpr const char* kRecords = "SELECT value FROM slipway.records";

TEST_F(Failover, is_followed_and_nothing_that_was_answered_is_lost) {
  postgres::Store store(both(primary_port(), standby_port()));
  ASSERT_TRUE(write(store, {.puts = {put("a", "1")}}).ok());
  fail_over();
  const auto written = write(store, {.expect = {{thing("a"), 1}}, .puts = {put("a", "2")}});
  ASSERT_TRUE(written.ok()) << to_string(written.status());
  EXPECT_EQ(value_of(store, "a"), "2");
  EXPECT_EQ(standby_->sql(kRecords), "2\n");
}

TEST_F(Failover, gives_the_old_primary_no_writes_when_it_comes_back) {
  postgres::Store store(both(primary_port(), standby_port()));
  ASSERT_TRUE(write(store, {.puts = {put("a", "1")}}).ok());
  fail_over();
  ASSERT_TRUE(write(store, {.puts = {put("a", "2")}}).ok());
  bring_the_old_one_back();
  (void)standby_->sql("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE usename = 'slipway_app'");
  ASSERT_TRUE(write(store, {.puts = {put("a", "3")}}).ok());
  EXPECT_EQ(value_of(store, "a"), "3");
  EXPECT_EQ(standby_->sql(kRecords), "3\n");
  EXPECT_EQ(server_.sql(kRecords), "1\n");
  // Nor when it is the only one left.
  standby_->stop();
  EXPECT_THAT(to_string(write(store, {.puts = {put("a", "4")}}).status()), HasSubstr(" cannot be reached: "));
  EXPECT_EQ(server_.sql(kRecords), "1\n");
}

TEST_F(Failover, gives_the_old_primary_nobody_who_listens_or_tells) {
  const auto targets = both(primary_port(), standby_port());
  postgres::Store store(targets);
  const auto listener_of = [](const PostgresServer& server) {
    return server.sql("SELECT pid FROM pg_stat_activity WHERE query = 'LISTEN slipway'");
  };
  postgres::Announcer announcer({.target = targets.target, .heard = [] {}, .again = milliseconds(20)});
  ASSERT_TRUE(eventually([&] { return !listener_of(server_).empty(); }));
  fail_over();
  ASSERT_TRUE(eventually([&] { return !listener_of(*standby_).empty(); }));
  bring_the_old_one_back();
  const std::string before = listener_of(*standby_);
  (void)standby_->sql("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE usename = 'slipway_app'");
  EXPECT_TRUE(eventually([&] {
    const std::string now = listener_of(*standby_);
    return !now.empty() && now != before;
  }));
  const std::string ours = "SELECT count(*) FROM pg_stat_activity WHERE usename LIKE 'slipway%'";
  EXPECT_TRUE(eventually([&] { return server_.sql(ours) == "0\n"; }));
}

TEST(Histories, of_which_an_older_one_never_replaces_a_newer) {
  postgres::Timeline newest = 0;
  EXPECT_TRUE(postgres::keep_newest(newest, 2));
  EXPECT_TRUE(postgres::keep_newest(newest, 3));
  EXPECT_TRUE(postgres::keep_newest(newest, 3));
  EXPECT_FALSE(postgres::keep_newest(newest, 2));
  EXPECT_EQ(newest, 3);
}

TEST_F(Failover, is_seen_by_a_host_that_starts_after_it) {
  { postgres::Store store(both(primary_port(), standby_port())); }
  fail_over();
  bring_the_old_one_back();
  postgres::Store store(both(primary_port(), standby_port()));
  ASSERT_TRUE(write(store, {.puts = {put("a", "1")}}).ok());
  EXPECT_EQ(standby_->sql(kRecords), "1\n");
  EXPECT_EQ(server_.sql(kRecords), "");
}

}  // namespace
}  // namespace slipway::test
