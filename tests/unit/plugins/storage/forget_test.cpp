#include "plugins/storage/common/batch.hpp"
#include "tests/unit/plugins/storage/store_fixture.hpp"

namespace slipway::test {
namespace {

class Forgetting : public StoreTest {};

TEST_F(Forgetting, old_names_of_batches_go_a_thousand_at_a_time_until_none_is_left) {
  sqlite::Store store(settings());
  const auto forget = [&](Instant now) {
    return awaited(write_later(
        store, [now](sqlite::Database& database, Instant) { return sqlite::forget_batches(database, now); }));
  };
  const auto named = awaited(write_later(store, [](sqlite::Database& database, Instant now) {
    for (int i = 0; i < 2500; ++i) (void)sqlite::write(database, {.batch = "batch " + std::to_string(i)}, now);
    return now;
  }));
  ASSERT_TRUE(named.ok());
  EXPECT_FALSE(*forget(*named)) << "they are young";
  const Instant later = *named + store::kRemembered + seconds(1);
  EXPECT_TRUE(*forget(later));
  EXPECT_TRUE(*forget(later));
  EXPECT_FALSE(*forget(later));
  const auto left = read(store, [](sqlite::Database& database, Instant) {
    auto rows = database.query("SELECT count(*) FROM batches");
    return rows.next() ? rows.integer(0) : -1;
  });
  EXPECT_EQ(*left, 0);
}

}  // namespace
}  // namespace slipway::test
