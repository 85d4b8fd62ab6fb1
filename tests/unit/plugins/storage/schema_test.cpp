#include "plugins/storage/sqlite/schema.hpp"

#include <array>

#include "tests/unit/plugins/storage/store_fixture.hpp"

namespace slipway::test {
namespace {

class Schema : public StoreTest {
 protected:
  std::unique_ptr<sqlite::Database> open() {
    sqlite::make_private_file(path());
    return std::make_unique<sqlite::Database>(settings().database, sqlite::Access::write);
  }
  std::string migrate(sqlite::Database& database, std::span<const sqlite::Migration> steps) {
    return refusal([&] { sqlite::migrate(database, path().string(), steps, {}); });
  }
};

// The second only adds, the third takes away, the last fails.
constexpr std::array<sqlite::Migration, 4> kSteps{{{1, 1, "one", "CREATE TABLE one (a)"},
                                                   {2, 1, "two", "CREATE TABLE two (a)"},
                                                   {3, 2, "less", "DROP TABLE one"},
                                                   {4, 2, "broken", "CREATE TABLE two (a)"}}};
constexpr std::span<const sqlite::Migration> kAll = kSteps;

TEST_F(Schema, steps_are_applied_once_and_later_ones_follow) {
  const auto database = open();
  EXPECT_EQ(migrate(*database, kAll.first(1)), "no refusal");
  EXPECT_EQ(migrate(*database, kAll.first(2)), "no refusal");
  EXPECT_EQ(migrate(*database, kAll.first(2)), "no refusal");
  auto count = database->query("SELECT count(*) FROM migrations");
  ASSERT_TRUE(count.next());
  EXPECT_EQ(count.integer(0), 2);
}

TEST_F(Schema, a_newer_one_that_only_adds_is_worked_with) {
  const auto database = open();
  migrate(*database, kAll.first(2));
  EXPECT_EQ(migrate(*database, kAll.first(1)), "no refusal");
  EXPECT_EQ(refusal([&] { sqlite::check_schema(*database, path().string(), kAll.first(1)); }), "no refusal");
  EXPECT_EQ(sqlite::applied_schema(*database, path().string()), 2);
}

TEST_F(Schema, a_newer_one_that_needs_newer_programs_is_refused_naming_both) {
  const auto database = open();
  migrate(*database, kAll.first(3));
  EXPECT_EQ(migrate(*database, kAll.first(2)), "no refusal");
  const std::string refused = "FAILED_PRECONDITION: database \"" + path().string() +
                              "\" has schema 3, which needs programs that know schema 2, and this version of "
                              "storage-sqlite knows schemas up to "
                              "1; install the version that wrote it, or restore a backup made before";
  EXPECT_EQ(migrate(*database, kAll.first(1)), refused);
  EXPECT_EQ(refusal([&] { sqlite::check_schema(*database, path().string(), kAll.first(1)); }), refused);
}

TEST_F(Schema, a_step_that_needs_less_lets_no_older_program_in_again) {
  const auto database = open();
  migrate(*database, kAll.first(3));
  const std::array<sqlite::Migration, 4> less{kSteps[0], kSteps[1], kSteps[2], {4, 1, "more", "CREATE TABLE four (a)"}};
  EXPECT_EQ(migrate(*database, less), "no refusal");
  EXPECT_THAT(migrate(*database, kAll.first(1)),
              testing::HasSubstr("has schema 4, which needs programs that know schema 2"));
}

TEST_F(Schema, a_renewal_keeps_what_a_newer_one_added_to_a_lease) {
  const auto database = open();
  migrate(*database, sqlite::migrations());
  const auto held = sqlite::lease(*database, {"engine", "one", storage::LeaseAction::acquire, 0, seconds(10)}, {});
  database->execute("ALTER TABLE leases ADD COLUMN region TEXT; UPDATE leases SET region = 'north'");
  sqlite::lease(*database, {"engine", "one", storage::LeaseAction::renew, held.token, seconds(20)}, {});
  auto row = database->query("SELECT region, expires_at FROM leases");
  ASSERT_TRUE(row.next());
  EXPECT_EQ(row.text(0), "north");
  EXPECT_EQ(row.integer(1), seconds(20).ns);
}

TEST_F(Schema, a_step_that_was_changed_afterwards_is_refused) {
  const auto database = open();
  migrate(*database, kAll.first(1));
  const std::array<sqlite::Migration, 1> changed{{{1, 1, "one", "CREATE TABLE one (b)"}}};
  EXPECT_EQ(migrate(*database, changed),
            "FAILED_PRECONDITION: database \"" + path().string() + "\" was changed: step 1 \"one\" has checksum " +
                sqlite::checksum(kSteps[0]) + " there, and " + sqlite::checksum(changed[0]) +
                " in this version; use the version of storage-sqlite that made it");
}

TEST_F(Schema, a_step_that_fails_leaves_the_ones_before_it) {
  const auto database = open();
  EXPECT_NE(migrate(*database, kAll), "no refusal");
  EXPECT_FALSE(database->in_transaction());
  auto newest = database->query("SELECT max(number) FROM migrations");
  ASSERT_TRUE(newest.next());
  EXPECT_EQ(newest.integer(0), 3);
}

TEST_F(Schema, the_file_of_another_program_is_refused) {
  const auto database = open();
  database->execute("CREATE TABLE theirs (a); PRAGMA application_id = 77");
  EXPECT_EQ(migrate(*database, kAll),
            "FAILED_PRECONDITION: database \"" + path().string() +
                "\" belongs to another program (application id 77); give the store a path of its own");
}

// A released step must never change: files out there were made by it.
TEST_F(Schema, released_steps_keep_their_fingerprints) {
  ASSERT_EQ(sqlite::migrations().size(), 1U);
  EXPECT_EQ(sqlite::checksum(sqlite::migrations()[0]), "ecd9a4a96e49b63b");
}

}  // namespace
}  // namespace slipway::test
