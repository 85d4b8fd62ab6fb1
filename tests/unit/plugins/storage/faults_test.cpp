#include "plugins/storage/sqlite/faults.hpp"

#include <sqlite3.h>

#include "tests/unit/plugins/storage/faulty_vfs.hpp"
#include "tests/unit/plugins/storage/store_fixture.hpp"

namespace slipway::test {
namespace {

class DiskFault : public StoreTest {
 protected:
  sqlite::StoreSettings faulty() {
    auto result = settings();
    result.database.vfs = faulty_vfs();
    return result;
  }
  static void fail_all(int code) {
    disk_faults().code = code;
    disk_faults().last_failing = DiskFaults::kNever;
    disk_faults().first_failing = 0;
  }
  static void fail_one(std::int64_t number, int code) {
    disk_faults().code = code;
    disk_faults().first_failing = disk_faults().operations + number;
    disk_faults().last_failing = disk_faults().operations + number;
  }
  static void heal() { disk_faults().first_failing = DiskFaults::kNever; }
  [[nodiscard]] std::string full() const {
    return "RESOURCE_EXHAUSTED: database \"" + path().string() +
           "\" cannot grow: its file system is full; free space there, writing goes on by itself then";
  }
};

storage::WriteRequest batch() {
  return {.batch = "b1", .puts = {put("a", std::string(20'000, 'x'))}, .appends = {{{"acme", "log"}, "entry"}}};
}

TEST_F(DiskFault, a_full_disk_refuses_writes_and_goes_on_reading) {
  sqlite::Store store(faulty());
  ASSERT_TRUE(write(store, {.puts = {put("kept", "1")}}).ok());
  fail_all(SQLITE_FULL);
  EXPECT_EQ(to_string(write(store, batch()).status()), full());
  EXPECT_EQ(get(store, "kept")->records.size(), 1U);
  EXPECT_EQ(to_string(store.health().fault), full());
  heal();
  EXPECT_TRUE(write(store, batch()).ok());
  EXPECT_TRUE(store.health().fault.ok());
}

TEST_F(DiskFault, the_store_finds_out_by_itself_that_there_is_room_again) {
  auto watched = faulty();
  std::promise<void> healed;
  watched.report = [&](const Status& status) {
    if (status.ok()) healed.set_value();
  };
  sqlite::Store store(watched);
  fail_all(SQLITE_FULL);
  ASSERT_FALSE(write(store, batch()).ok());
  heal();
  EXPECT_EQ(healed.get_future().wait_for(kPatience), std::future_status::ready);
}

// Each operation on the disk fails in turn, until the batch needs no more of them.
TEST_F(DiskFault, a_batch_is_whole_or_absent_whichever_operation_fails_and_may_be_repeated) {
  for (const int code : {SQLITE_FULL, SQLITE_IOERR_WRITE, SQLITE_IOERR_FSYNC}) {
    bool succeeded = false;
    for (int n = 1; !succeeded && n < 100; ++n) {
      TemporaryDirectory own;
      auto fresh = faulty();
      fresh.database.path = own.path() / "store.db";
      sqlite::Store store(fresh);
      fail_one(n, code);
      succeeded = write(store, batch()).ok();
      EXPECT_EQ(get(store, "a")->records.size(), succeeded ? 1U : 0U) << n;
      heal();
      const auto again = write(store, batch());
      ASSERT_TRUE(again.ok()) << to_string(again.status());
      EXPECT_EQ(again->versions, std::vector<std::int64_t>{1}) << n;
      EXPECT_EQ(again->sequences, std::vector<std::int64_t>{1}) << n;
    }
    EXPECT_TRUE(succeeded);
  }
}

TEST_F(DiskFault, a_start_that_failed_half_way_can_be_repeated) {
  bool succeeded = false;
  for (int n = 1; !succeeded && n < 200; ++n) {
    TemporaryDirectory own;
    auto fresh = faulty();
    fresh.database.path = own.path() / "store.db";
    fail_one(n, SQLITE_FULL);
    succeeded = refusal([&] { sqlite::Store store(fresh); }) == "no refusal" && disk_faults().operations < n;
    heal();
    sqlite::Store store(fresh);
    EXPECT_TRUE(write(store, batch()).ok()) << n;
  }
  EXPECT_TRUE(succeeded);
}

TEST(Faults, say_what_is_wrong_and_what_to_do) {
  const auto text = [](int code, int error) { return to_string(sqlite::to_status("/d/s.db", code, error, "said")); };
  EXPECT_EQ(text(SQLITE_IOERR_WRITE, ENOSPC), text(SQLITE_FULL, 0));
  EXPECT_EQ(text(SQLITE_IOERR_FSYNC, EIO),
            "UNAVAILABLE: database \"/d/s.db\" cannot be read or written: said (Input/output error)");
  EXPECT_EQ(text(SQLITE_BUSY, 0),
            "UNAVAILABLE: database \"/d/s.db\" is locked by another program; end its transaction");
  EXPECT_EQ(text(SQLITE_CORRUPT, 0),
            "DATA_LOSS: database \"/d/s.db\" is damaged: said; stop the host and restore it from a backup");
  EXPECT_EQ(text(SQLITE_READONLY, EROFS),
            "UNAVAILABLE: database \"/d/s.db\" cannot be written: said (Read-only file system)");
  EXPECT_EQ(text(SQLITE_CANTOPEN, EACCES),
            "UNAVAILABLE: database \"/d/s.db\" cannot be opened: said (Permission denied)");
}

}  // namespace
}  // namespace slipway::test
