#include "tests/unit/plugins/storage/store_fixture.hpp"

namespace slipway::test {
namespace {

class Limits : public StoreTest {
 protected:
  // Four records and four entries of 900 KiB each.
  void SetUp() override {
    store_ = std::make_unique<sqlite::Store>(settings());
    for (int i = 0; i < 4; ++i) {
      const std::string value(900 << 10, 'x');
      ASSERT_TRUE(
          write(*store_, {.puts = {put(std::to_string(i), value)}, .appends = {{{"acme", "log"}, value}}}).ok());
    }
  }
  std::unique_ptr<sqlite::Store> store_;
};

TEST_F(Limits, a_page_of_large_records_ends_early_and_the_cursor_goes_on) {
  std::string seen;
  storage::ScanRequest request{.tenant = "acme", .kind = "thing"};
  for (int pages = 1; pages < 10; ++pages) {
    const auto page =
        read(*store_, [&](sqlite::Database& database, Instant) { return sqlite::scan(database, request); });
    EXPECT_LE(page->records.size(), 2U);
    for (const auto& record : page->records) seen += record.key.id;
    request.after = page->next;
    if (page->next.empty()) break;
  }
  EXPECT_EQ(seen, "0123");
}

TEST_F(Limits, a_read_of_large_entries_ends_early) {
  const auto page = read(*store_, [](sqlite::Database& database, Instant) {
    return sqlite::read(database, {.stream = {"acme", "log"}});
  });
  EXPECT_EQ(page->entries.size(), 2U);
  EXPECT_EQ(page->last, 4);
}

TEST_F(Limits, a_get_of_too_much_is_refused) {
  const auto all = read(*store_, [](sqlite::Database& database, Instant) {
    return sqlite::get(database, {{{"acme", "thing", "0"}, {"acme", "thing", "1"}, {"acme", "thing", "2"}}});
  });
  EXPECT_EQ(to_string(all.status()),
            "RESOURCE_EXHAUSTED: the 3 records wanted have more than 2097152 bytes together; ask for fewer at once");
}

}  // namespace
}  // namespace slipway::test
