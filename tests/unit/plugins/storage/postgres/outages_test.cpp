// A server that takes no writes, has no room, or does not answer: said by name, survived, and over by itself.
#include <pwd.h>
#include <sys/mount.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <sstream>

#include "tests/support/eventually.hpp"
#include "tests/unit/plugins/storage/postgres/store_fixture.hpp"

namespace slipway::test {
namespace {

using testing::HasSubstr;

class Outage : public PostgresTest {
 protected:
  Outage() {
    auto bounded = settings({.statement = milliseconds(500)});
    bounded.writer.attempts = 3;
    bounded.writer.report = [this](const Status& status) { reports_.push_back(status.message); };
    store_ = std::make_unique<postgres::Store>(bounded);
    EXPECT_TRUE(write_value("before").ok());
    EXPECT_EQ(value_of(*store_, "a"), "before");
  }

  Result<storage::WriteReply> write_value(const std::string& value) {
    return write(*store_, {.puts = {put("a", value)}});
  }
  void expect_refused_by_name(Code code, const std::string& reason) {
    const auto refused = write_value("refused");
    EXPECT_EQ(refused.status().code, code) << to_string(refused.status());
    EXPECT_THAT(refused.status().message, HasSubstr(reason));
    EXPECT_THAT(store_->health().fault.message, HasSubstr(reason));
    EXPECT_THAT(store_->health().fault.message, HasSubstr("database \"slipway\" on "));
    EXPECT_EQ(value_of(*store_, "a"), "before") << "reads go on";
  }
  void expect_healed() {
    EXPECT_TRUE(eventually([&] { return write_value("after").ok(); }));
    EXPECT_TRUE(store_->health().fault.ok());
    EXPECT_EQ(value_of(*store_, "a"), "after");
    EXPECT_EQ(reports_.back(), "") << "the end is told too";
  }

  std::vector<std::string> reports_;
  std::unique_ptr<postgres::Store> store_;
};

TEST_F(Outage, of_rights_is_named_and_over_when_they_are_granted_again) {
  (void)server_.sql("REVOKE INSERT, UPDATE ON slipway.records FROM slipway_app");
  expect_refused_by_name(Code::unavailable, "permission denied for table records; grant the role its rights again");
  (void)server_.sql("GRANT INSERT, UPDATE ON slipway.records TO slipway_app");
  expect_healed();
}

TEST_F(Outage, of_writing_is_named_and_over_when_the_server_takes_writes_again) {
  (void)server_.sql("ALTER DATABASE slipway SET default_transaction_read_only = on");
  // The connection that wrote.
  (void)server_.sql(
      "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE usename = 'slipway_app' AND query NOT LIKE "
      "'SELECT%'");
  expect_refused_by_name(Code::unavailable, "session is read-only");
  (void)server_.sql("BEGIN READ WRITE; ALTER DATABASE slipway RESET default_transaction_read_only; COMMIT");
  EXPECT_TRUE(store_->health().fault.ok()) << "found out without a write";
  expect_healed();
}

TEST_F(Outage, of_a_lock_that_another_keeps_is_named_and_over_with_it) {
  postgres::Connection other(target("slipway_owner"));
  other.execute("BEGIN; LOCK TABLE records IN SHARE MODE");
  expect_refused_by_name(Code::unavailable, "canceling statement due to statement timeout");
  other.execute("ROLLBACK");
  expect_healed();
}

TEST_F(Outage, of_a_backend_that_stands_still_costs_its_connection_and_no_more) {
  std::istringstream pids(server_.sql("SELECT pid FROM pg_stat_activity WHERE usename = 'slipway_app'"));
  std::vector<pid_t> stopped;
  for (pid_t pid = 0; pids >> pid;) stopped.push_back(pid);
  ASSERT_EQ(stopped.size(), 2U) << "one that reads and one that writes";
  for (const pid_t pid : stopped) ::kill(pid, SIGSTOP);
  EXPECT_EQ(value_of(*store_, "a"), "before");
  EXPECT_TRUE(write_value("meanwhile").ok());
  EXPECT_EQ(value_of(*store_, "a"), "meanwhile");
  for (const pid_t pid : stopped) ::kill(pid, SIGCONT);
  EXPECT_TRUE(write_value("after").ok());
  EXPECT_EQ(value_of(*store_, "a"), "after");
  EXPECT_TRUE(store_->health().fault.ok());
}

// A tmpfs that the server's user may write; unmounted with the test.
class SmallDisk {
 public:
  explicit SmallDisk(std::filesystem::path place) : place_(std::move(place)) {
    std::filesystem::create_directory(place_);
    const passwd* user = ::getpwnam("postgres");
    const std::string owner = user == nullptr ? "" : ",uid=" + std::to_string(user->pw_uid);
    mounted_ = ::mount("tmpfs", place_.c_str(), "tmpfs", 0, ("size=2m,mode=0700" + owner).c_str()) == 0;
  }
  SmallDisk(const SmallDisk&) = delete;
  SmallDisk& operator=(const SmallDisk&) = delete;
  ~SmallDisk() {
    if (mounted_) ::umount2(place_.c_str(), MNT_DETACH);
  }
  [[nodiscard]] bool mounted() const { return mounted_; }
  [[nodiscard]] std::filesystem::path filler() const { return place_ / "filler"; }

 private:
  const std::filesystem::path place_;
  bool mounted_ = false;
};

TEST_F(Outage, of_room_is_named_and_over_when_there_is_room) {
  const SmallDisk disk(server_.folder() / "disk");
  if (!disk.mounted()) GTEST_SKIP() << "a small disk can't be mounted here";
  (void)server_.sql("CREATE TABLESPACE small LOCATION '" + (server_.folder() / "disk").string() + "'");
  (void)server_.sql("ALTER TABLE slipway.records SET TABLESPACE small");
  {
    std::ofstream filler(disk.filler(), std::ios::binary);
    const std::string block(4096, 'x');
    while (filler.write(block.data(), static_cast<std::streamsize>(block.size())).flush()) {
    }
  }
  Result<storage::WriteReply> last = storage::WriteReply();
  for (int i = 0; i < 200 && last.ok(); ++i)
    last = write(*store_, {.puts = {put("more" + std::to_string(i), std::string(1900, 'x'))}});
  EXPECT_EQ(last.status().code, Code::resource_exhausted) << to_string(last.status());
  EXPECT_THAT(last.status().message, HasSubstr("No space left on device; free space there"));
  EXPECT_THAT(store_->health().fault.message, HasSubstr("No space left on device"));
  EXPECT_EQ(value_of(*store_, "a"), "before") << "reads go on";
  std::filesystem::remove(disk.filler());
  expect_healed();
}

}  // namespace
}  // namespace slipway::test
