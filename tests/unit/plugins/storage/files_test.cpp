#include <sqlite3.h>
#include <sys/stat.h>
#include <unistd.h>

#include <fstream>

#include "tests/unit/plugins/storage/store_fixture.hpp"

namespace slipway::test {
namespace {

using Files = StoreTest;

mode_t mode_of(const std::filesystem::path& path) {
  struct stat found {};
  return ::stat(path.c_str(), &found) == 0 ? found.st_mode & 0777U : 0;
}

TEST_F(Files, the_store_makes_its_directory_and_files_for_their_owner_only) {
  auto inside = settings();
  inside.database.path = path().parent_path() / "made" / "store.db";
  sqlite::Store store(inside);
  ASSERT_TRUE(write(store, {.puts = {put("a", "1")}}).ok());
  const std::string file = inside.database.path.string();
  EXPECT_EQ(mode_of(inside.database.path.parent_path()), 0700U);
  for (const char* suffix : {"", "-wal", "-shm", ".lock"}) EXPECT_EQ(mode_of(file + suffix), 0600U) << suffix;
}

TEST_F(Files, an_existing_file_is_closed_to_others) {
  std::ofstream(path()) << "";
  std::filesystem::permissions(path(), std::filesystem::perms::all);
  sqlite::Store store(settings());
  EXPECT_EQ(mode_of(path()), 0600U);
}

TEST_F(Files, a_second_store_on_the_same_file_is_told_who_has_it) {
  std::ifstream comm("/proc/self/comm");
  std::string name;
  std::getline(comm, name);
  sqlite::Store first(settings());
  EXPECT_EQ(refusal([&] { sqlite::Store second(settings()); }),
            "FAILED_PRECONDITION: database \"" + path().string() + "\": is in use by " + name + " (process " +
                std::to_string(::getpid()) + "); stop that one, or give this host a path of its own");
}

TEST_F(Files, the_lock_goes_with_its_owner) {
  { sqlite::Store first(settings()); }
  sqlite::Store second(settings());
  EXPECT_TRUE(write(second, {.puts = {put("a", "1")}}).ok());
}

TEST_F(Files, a_link_is_refused) {
  std::filesystem::create_symlink(path().parent_path() / "elsewhere.db", path());
  EXPECT_EQ(refusal([&] { sqlite::Store store(settings()); }), "FAILED_PRECONDITION: database \"" + path().string() +
                                                                   "\": \"" + path().string() +
                                                                   "\" is a link; give the path of the file itself");
}

TEST_F(Files, a_directory_where_others_may_write_is_refused) {
  std::filesystem::permissions(path().parent_path(), std::filesystem::perms::all);
  EXPECT_EQ(refusal([&] { sqlite::Store store(settings()); }),
            "FAILED_PRECONDITION: database \"" + path().string() + "\": others may write in its directory \"" +
                path().parent_path().string() + "\"; give it a directory of its own (chmod 700)");
}

TEST_F(Files, a_file_that_is_no_database_is_reported_as_damaged) {
  std::ofstream(path()) << std::string(8192, 'x');
  EXPECT_EQ(refusal([&] { sqlite::Store store(settings()); }),
            "DATA_LOSS: database \"" + path().string() +
                "\" is damaged: file is not a database; stop the host and restore it from a backup");
}

// A shell of its own, say: it holds the database in the middle of a transaction, and the lock file is not its.
class Another {
 public:
  explicit Another(const std::filesystem::path& path) {
    if (sqlite3_open(path.c_str(), &connection_) != SQLITE_OK) throw std::runtime_error("not opened");
    run("BEGIN IMMEDIATE; INSERT INTO leases VALUES ('its', 'own', 1, 0, 0)");
  }
  Another(const Another&) = delete;
  Another& operator=(const Another&) = delete;
  ~Another() { sqlite3_close(connection_); }
  void run(const char* sql) const {
    if (sqlite3_exec(connection_, sql, nullptr, nullptr, nullptr) != SQLITE_OK)
      throw std::runtime_error(sqlite3_errmsg(connection_));
  }

 private:
  sqlite3* connection_ = nullptr;
};

TEST_F(Files, a_database_that_another_program_holds_refuses_writes_until_it_lets_go) {
  auto impatient = settings();
  impatient.database.busy_timeout = milliseconds(20);
  sqlite::Store store(impatient);
  ASSERT_TRUE(write(store, {.puts = {put("a", "1")}}).ok());
  const Another another(path());
  EXPECT_EQ(to_string(write(store, {.puts = {put("a", "2")}}).status()),
            "UNAVAILABLE: database \"" + path().string() + "\" is locked by another program; end its transaction");
  EXPECT_EQ(get(store, "a")->records.at(0).value, "1") << "reads go on";
  another.run("ROLLBACK");
  EXPECT_TRUE(write(store, {.puts = {put("a", "3")}}).ok());
}

TEST_F(Files, damage_inside_is_found_at_the_start) {
  {
    sqlite::Store store(settings());
    for (int i = 0; i < 200; ++i)
      ASSERT_TRUE(write(store, {.puts = {put(std::to_string(i), std::string(500, 'v'))}}).ok());
  }
  const auto size = std::filesystem::file_size(path());
  ASSERT_GT(size, std::uintmax_t{80'000});
  std::fstream file(path(), std::ios::in | std::ios::out | std::ios::binary);
  file.seekp(40'960);
  file << std::string(20'480, '\x5a');
  file.close();
  EXPECT_THAT(refusal([&] { sqlite::Store store(settings()); }),
              testing::StartsWith("DATA_LOSS: database \"" + path().string() + "\" is damaged: "));
}

}  // namespace
}  // namespace slipway::test
