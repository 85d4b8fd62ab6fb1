#include "plugins/storage/postgres/schema.hpp"

#include "tests/support/eventually.hpp"
#include "tests/unit/plugins/storage/postgres/store_fixture.hpp"

namespace slipway::test {
namespace {

using testing::HasSubstr;

class Schema : public PostgresTest {
 protected:
  std::string start(const postgres::StoreSettings& wanted) {
    return refusal([&] { const postgres::Store store(wanted); });
  }
  postgres::StoreSettings without_owner(const std::string& role = "slipway_app") {
    return {.target = target(role), .owner = std::nullopt};
  }
  std::string name() { return target().name; }
};

TEST_F(Schema, that_is_missing_is_a_refusal_with_the_way_out) {
  EXPECT_EQ(start(without_owner()),
            "FAILED_PRECONDITION: " + name() +
                " has schema 0, which needs programs that know schema 0, and this version of storage-postgres knows "
                "schemas up to 1; name the owner's connection in owner_connection");
}

TEST_F(Schema, that_was_made_once_needs_no_owner_any_more) {
  EXPECT_EQ(start(settings()), "no refusal");
  EXPECT_EQ(start(without_owner()), "no refusal");
  EXPECT_EQ(start(settings()), "no refusal");
}

TEST_F(Schema, that_is_newer_is_refused_when_it_needs_newer_programs_and_named) {
  ASSERT_EQ(start(settings()), "no refusal");
  (void)server_.sql("INSERT INTO slipway.migrations VALUES (2, 1, 'a column more', 'x')");
  EXPECT_EQ(start(settings()), "no refusal");
  (void)server_.sql("INSERT INTO slipway.migrations VALUES (3, 2, 'a column less', 'x')");
  const std::string refused = "FAILED_PRECONDITION: " + name() +
                              " has schema 3, which needs programs that know schema 2, and this version of "
                              "storage-postgres knows schemas up to 1; install the version that made it, or restore a "
                              "backup made before";
  EXPECT_EQ(start(settings()), refused);
  EXPECT_EQ(start(without_owner()), refused);
  (void)server_.sql("INSERT INTO slipway.migrations VALUES (4, 1, 'another column more', 'x')");
  EXPECT_THAT(start(settings()), HasSubstr("has schema 4, which needs programs that know schema 2"));
}

TEST_F(Schema, whose_steps_were_changed_is_refused) {
  ASSERT_EQ(start(settings()), "no refusal");
  (void)server_.sql("UPDATE slipway.migrations SET checksum = 'x'");
  for (const auto& wanted : {settings(), without_owner()}) {
    EXPECT_THAT(start(wanted),
                HasSubstr("was changed: step 1 \"records, streams, leases and batches\" has checksum x there, and " +
                          postgres::checksum(postgres::migrations()[0])));
  }
}

// A released step must never change: databases out there were made by it.
TEST_F(Schema, that_was_released_keeps_its_fingerprint) {
  ASSERT_EQ(postgres::migrations().size(), 1U);
  EXPECT_EQ(postgres::checksum(postgres::migrations()[0]), "282a4127bd5ce5ee");
}

TEST_F(Schema, of_another_program_is_left_alone) {
  (void)server_.sql("CREATE SCHEMA slipway; CREATE TABLE slipway.ships (name text)");
  EXPECT_EQ(start(settings()),
            "FAILED_PRECONDITION: " + name() +
                " has a schema \"slipway\" of another program; give the store a database of its own");
}

TEST_F(Schema, is_not_used_by_a_role_that_row_level_security_does_not_hold) {
  ASSERT_EQ(start(settings()), "no refusal");
  const std::string end = "; connect as a role that is neither superuser nor owner and has no BYPASSRLS";
  EXPECT_EQ(
      start(without_owner("postgres")),
      "FAILED_PRECONDITION: " + name() + " is used as role \"postgres\", which row-level security does not hold" + end);
  EXPECT_EQ(start(without_owner("slipway_owner")),
            "FAILED_PRECONDITION: " + name() + " is used as role \"slipway_owner\", which owns its tables" + end);
  (void)server_.sql("ALTER ROLE slipway_app BYPASSRLS");
  EXPECT_THAT(start(without_owner()), HasSubstr("which row-level security does not hold"));
}

// As a backup does, which reads for long.
TEST_F(Schema, step_that_waits_for_a_table_lets_writes_go_on) {
  postgres::Store store(settings());
  postgres::Connection reader(target());
  reader.execute("BEGIN; SELECT count(*) FROM slipway.records");
  auto steps = std::vector(postgres::migrations().begin(), postgres::migrations().end());
  const auto next = static_cast<std::int64_t>(steps.size()) + 1;
  steps.push_back({next, 1, "a column more", "ALTER TABLE slipway.records ADD COLUMN more text"});
  postgres::Connection owner(target("slipway_owner"));
  auto migrated = std::async(std::launch::async, [&] { return postgres::migrate(owner, steps, "slipway_app").size(); });
  const auto waits = [&] {
    return server_.sql(
               "SELECT count(*) FROM pg_stat_activity WHERE usename = 'slipway_owner' AND wait_event_type = "
               "'Lock'") == "1\n";
  };
  EXPECT_TRUE(eventually(waits));
  for (int i = 0; i < 3; ++i) {
    const auto written = write(store, {.puts = {put("a", std::to_string(i))}});
    EXPECT_TRUE(written.ok()) << to_string(written.status());
  }
  EXPECT_TRUE(eventually(waits)) << "it tries again";
  reader.execute("COMMIT");
  EXPECT_EQ(migrated.get(), 1U);
}

TEST_F(Schema, step_that_fails_leaves_nothing_of_it) {
  const std::vector<postgres::Migration> steps = {
      {1, 1, "half", "CREATE TABLE slipway.half (id bigint); SELECT 1 / 0"}};
  postgres::Connection owner(target("slipway_owner"));
  EXPECT_THAT(refusal([&] { postgres::migrate(owner, steps, "slipway_app"); }), HasSubstr("division by zero"));
  EXPECT_EQ(server_.sql("SELECT count(*) FROM pg_tables WHERE tablename = 'half'"), "0\n");
  EXPECT_EQ(start(settings()), "no refusal");
}

}  // namespace
}  // namespace slipway::test
