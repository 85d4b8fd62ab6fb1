#include "plugins/storage/postgres/tables.hpp"
#include "tests/unit/plugins/storage/postgres/store_fixture.hpp"

namespace slipway::test {
namespace {

using testing::HasSubstr;

class Tenants : public PostgresTest {
 protected:
  void SetUp() override {
    postgres::Store store(settings());
    ASSERT_TRUE(write(store, {.puts = {put("a", "acme's"), {{"other", "thing", "a"}, "other's"}},
                              .appends = {{{"acme", "log"}, "e"}, {{"other", "log"}, "e"}}})
                    .ok());
  }
  static std::int64_t seen(postgres::Connection& connection, const std::string& table) {
    return connection.execute("SELECT count(*) FROM slipway." + table).integer(0, 0);
  }
};

TEST_F(Tenants, that_a_transaction_does_not_name_are_not_there) {
  for (const char* role : {"slipway_app", "slipway_owner"}) {
    postgres::Connection connection(target(role));
    for (const char* table : {"records", "streams", "entries"}) {
      EXPECT_EQ(seen(connection, table), 0) << role << table;
      postgres::begin(connection, {"acme"});
      EXPECT_EQ(seen(connection, table), 1) << role << table;
      postgres::roll_back(connection);
      EXPECT_EQ(seen(connection, table), 0) << role << table;
    }
  }
}

TEST_F(Tenants, that_were_seen_before_are_not_seen_with_the_next) {
  postgres::Connection connection(target());
  const auto values = [&] { return connection.execute("SELECT string_agg(value, ',') FROM records").text(0, 0); };
  postgres::see(connection, {"acme"});
  EXPECT_EQ(values(), "acme's");
  postgres::see(connection, {"other"});
  EXPECT_EQ(values(), "other's");
  postgres::see(connection, {"acme"});
  EXPECT_EQ(values(), "acme's");
}

TEST_F(Tenants, that_are_seen_after_a_statement_that_failed_are_the_named_ones) {
  postgres::Connection connection(target());
  postgres::see(connection, {"acme"});
  connection.execute("BEGIN");
  EXPECT_NE(refusal([&] { connection.execute("SELECT 1 / 0"); }), "no refusal");
  EXPECT_NE(refusal([&] { postgres::see(connection, {"other"}); }), "no refusal");
  postgres::roll_back(connection);
  postgres::see(connection, {"other"});
  EXPECT_EQ(connection.execute("SELECT value FROM records").text(0, 0), "other's");
}

TEST_F(Tenants, that_a_transaction_does_not_name_cannot_be_written) {
  postgres::Connection connection(target());
  postgres::begin(connection, {"acme"});
  EXPECT_EQ(connection.execute("UPDATE records SET value = 'x' WHERE tenant = 'other'").changed(), 0U);
  EXPECT_EQ(connection.execute("DELETE FROM entries WHERE tenant = 'other'").changed(), 0U);
  EXPECT_THAT(refusal([&] { connection.execute("INSERT INTO records VALUES ('other', 'k', 'i', 'v', 1, 1)"); }),
              HasSubstr("violates row-level security policy"));
}

TEST_F(Tenants, are_all_read_for_recovery_and_never_written) {
  postgres::Connection connection(target());
  postgres::begin_for_every_tenant(connection);
  EXPECT_EQ(seen(connection, "records"), 2);
  EXPECT_THAT(refusal([&] { connection.execute("DELETE FROM records"); }), HasSubstr("read-only transaction"));
}

TEST_F(Tenants, have_names_that_are_data) {
  postgres::Store store(settings());
  const std::string name = "a\"},{b\\' OR true --";
  ASSERT_TRUE(write(store, {.puts = {{{name, "thing", name}, "v"}}}).ok());
  const auto reply = store.read(storage::GetRequest{{{name, "thing", name}}}, &postgres::get);
  EXPECT_EQ(reply.records.at(0).value, "v");
}

}  // namespace
}  // namespace slipway::test
