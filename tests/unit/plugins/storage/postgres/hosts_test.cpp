#include <atomic>

#include "plugins/storage/postgres/tables.hpp"
#include "tests/unit/plugins/storage/postgres/store_fixture.hpp"

namespace slipway::test {
namespace {

using storage::LeaseAction;
using testing::HasSubstr;

class Hosts : public PostgresTest {};

Result<storage::LeaseReply> lease(postgres::Store& store, const storage::LeaseRequest& request) {
  Result<storage::LeaseReply> result = Status(Code::unknown, "not answered");
  store.write(request, &store::lease, [&](Result<storage::LeaseReply> reply) { result = std::move(reply); });
  return result;
}

TEST_F(Hosts, that_write_the_same_records_at_once_lose_nothing) {
  constexpr int kEach = 40;
  postgres::Store one(settings());
  postgres::Store two(settings());
  std::atomic<int> won{0};
  const auto count_up = [&](postgres::Store& store) {
    for (int done = 0; done < kEach;) {
      const auto seen = store.read(storage::GetRequest{{thing("a")}}, &postgres::get);
      const std::int64_t version = seen.records.empty() ? 0 : seen.records[0].version;
      const auto written = write(
          store, {.expect = {{thing("a"), version}}, .puts = {put("a", "v")}, .appends = {{{"acme", "log"}, "e"}}});
      if (written.ok()) {
        ++done;
        ++won;
      } else {
        ASSERT_EQ(written.status().code, Code::aborted) << to_string(written.status());
      }
    }
  };
  std::thread other([&] { count_up(two); });
  count_up(one);
  other.join();
  const auto seen = one.read(storage::GetRequest{{thing("a")}}, &postgres::get);
  EXPECT_EQ(seen.records.at(0).version, 2 * kEach);
  EXPECT_EQ(one.read(storage::ReadRequest{.stream = {"acme", "log"}}, &postgres::read).last, won);
}

TEST_F(Hosts, that_rely_on_what_is_not_there_do_not_both_go_on) {
  postgres::Store one(settings());
  postgres::Store two(settings());
  for (int round = 0; round < 20; ++round) {
    const std::string x = "x" + std::to_string(round);
    const std::string y = "y" + std::to_string(round);
    auto first = write_later(one, {.expect = {{thing(x), 0}}, .puts = {put(y, "1")}});
    auto second = write_later(two, {.expect = {{thing(y), 0}}, .puts = {put(x, "1")}});
    const bool both = first.get().ok() && second.get().ok();
    EXPECT_FALSE(both) << round;
  }
}

TEST_F(Hosts, that_lost_a_lease_are_refused_by_the_store) {
  postgres::Store one(settings());
  postgres::Store two(settings());
  const auto lost = lease(one, {.name = "engine", .owner = "one", .ttl = milliseconds(50)});
  Result<storage::LeaseReply> held = Status(Code::unknown, "not asked");
  ASSERT_TRUE(eventually([&] { return (held = lease(two, {.name = "engine", .owner = "two"})).ok(); }));
  EXPECT_GT(held->token, lost->token);
  EXPECT_EQ(write(one, {.expect_leases = {{"engine", lost->token}}, .puts = {put("a", "zombie")}}).status().code,
            Code::aborted);
  EXPECT_TRUE(write(two, {.expect_leases = {{"engine", held->token}}, .puts = {put("a", "owner")}}).ok());
}

TEST_F(Hosts, that_want_one_lease_at_once_get_it_one_at_a_time) {
  postgres::Store one(settings());
  postgres::Store two(settings());
  for (int round = 0; round < 100; ++round) {
    const std::string name = "lease" + std::to_string(round);
    const auto take = [&name](postgres::Store& store, const std::string& owner) {
      return lease(store, {.name = name, .owner = owner});
    };
    auto other = std::async(std::launch::async, [&] { return take(two, "two"); });
    const auto first = take(one, "one");
    const auto second = other.get();
    ASSERT_NE(first.ok(), second.ok()) << round;
    const auto token = (first.ok() ? first : second)->token;
    EXPECT_EQ(lease(one, {.name = name, .owner = "one", .action = LeaseAction::look})->token, token);
  }
}

TEST_F(Hosts, that_lose_a_lease_while_they_renew_it_do_not_take_it_back) {
  postgres::Connection before(target());
  postgres::Store store(settings());
  const auto held = lease(store, {.name = "engine", .owner = "one", .ttl = milliseconds(50)});
  postgres::Wanted wanted;
  wanted.add(storage::LeaseRequest{.name = "engine", .owner = "one"});
  postgres::Group group;
  const Instant loaded = postgres::load_leases(before, wanted, group);
  ASSERT_TRUE(eventually([&] { return lease(store, {.name = "engine", .owner = "two"}).ok(); }));
  (void)store::lease(group, {.name = "engine", .owner = "one", .action = LeaseAction::renew, .token = held->token},
                     loaded);
  EXPECT_THAT(refusal([&] { postgres::save_leases(before, group); }), HasSubstr("another transaction was faster"));
  EXPECT_EQ(lease(store, {.name = "engine", .owner = "one", .action = LeaseAction::look})->owner, "two");
}

TEST(IdleHosts, ask_the_server_in_few_statements) {
  const PostgresServer server({"shared_preload_libraries = 'pg_stat_statements'"});
  (void)server.sql("CREATE EXTENSION pg_stat_statements");
  const auto target = [&](const std::string& role) {
    return postgres::parse_target(server.connection(role), "/connection", {});
  };
  postgres::Store store({.target = target("slipway_app"), .owner = target("slipway_owner")});
  const auto statements = [&](const std::function<void()>& work) {
    work();  // connections and plans are there
    (void)server.sql("SELECT pg_stat_statements_reset()");
    work();
    return server.sql(
        "SELECT sum(calls) FROM pg_stat_statements JOIN pg_roles r ON r.oid = userid WHERE rolname = "
        "'slipway_app'");
  };
  const auto held = lease(store, {.name = "engine", .owner = "one"});
  const auto about = [&](LeaseAction action, const std::string& owner = "one") {
    return [&store, request = storage::LeaseRequest{.name = "engine", .owner = owner, .action = action, .token = 1}] {
      (void)lease(store, request);
    };
  };
  EXPECT_EQ(statements(about(LeaseAction::renew)), "2\n");
  EXPECT_EQ(statements(about(LeaseAction::look)), "1\n");
  EXPECT_EQ(statements(about(LeaseAction::acquire, "two")), "1\n");
  EXPECT_EQ(statements([&] { (void)store.read(storage::GetRequest{{thing("a")}}, &postgres::get); }), "1\n");
  EXPECT_EQ(statements([&] {
              (void)store.read(storage::GetRequest{{thing("a")}}, &postgres::get);
              (void)store.read(storage::ReadRequest{.stream = {"other", "log"}}, &postgres::read);
            }),
            "4\n")
      << "each names its tenant first";
}

TEST_F(Hosts, start_at_once_on_an_empty_database_and_make_its_tables_once) {
  std::vector<std::future<void>> starts;
  for (int i = 0; i < 4; ++i)
    starts.push_back(std::async(std::launch::async, [this] { const postgres::Store store(settings()); }));
  for (auto& start : starts) EXPECT_NO_THROW(start.get());
  EXPECT_EQ(server_.sql("SELECT count(*) FROM slipway.migrations"), "1\n");
}

TEST_F(Hosts, go_to_the_server_that_takes_writes) {
  const PostgresServer standby({"default_transaction_read_only = on"});
  const std::string ports = " port=" + std::to_string(standby.port()) + "," + std::to_string(server_.port());
  postgres::StoreSettings both = settings();
  both.target = postgres::parse_target("host=127.0.0.1,127.0.0.1" + ports + " dbname=slipway user=slipway_app",
                                       "/connection", {});
  postgres::Store store(both);
  EXPECT_TRUE(write(store, {.puts = {put("a", "1")}}).ok());
  EXPECT_EQ(server_.sql("SELECT count(*) FROM slipway.records"), "1\n");
  EXPECT_THAT(refusal([&] { postgres::Connection(postgres::parse_target(standby.connection(), "/connection", {})); }),
              HasSubstr("session is read-only"));
}

}  // namespace
}  // namespace slipway::test
