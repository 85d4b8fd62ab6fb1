// One connection to the database file, and one statement under way on it. A connection belongs to one thread at a time.
#pragma once

#include <cstdint>
#include <filesystem>
#include <memory>
#include <slipway/status.hpp>
#include <slipway/values.hpp>
#include <string>
#include <string_view>
#include <unordered_map>

struct sqlite3;
struct sqlite3_stmt;

namespace slipway::sqlite {

struct DatabaseSettings {
  std::filesystem::path path;
  Duration busy_timeout = seconds(5);
  std::string vfs;  // SQLite's name of the file layer; empty for the system's own
};

enum class Access { write, read };

class Database;

// A prepared statement in use; it goes back to its connection's cache when this ends. Columns count from 0.
class Query {
 public:
  template <class... Values>
  Query(Database& database, sqlite3_stmt* statement, const Values&... values)
      : database_(database), statement_(statement) {
    (bind(values), ...);
  }
  Query(const Query&) = delete;
  Query& operator=(const Query&) = delete;
  ~Query();

  // Goes to the next row; false at the end. Throws Error.
  bool next();
  // Runs a statement that gives no rows.
  void run();

  [[nodiscard]] std::int64_t integer(int column) const;
  [[nodiscard]] std::string text(int column) const;
  [[nodiscard]] std::int64_t bytes(int column) const;

 private:
  // Fills the next placeholder. The text must live until the statement has been stepped.
  void bind(std::int64_t value);
  void bind(std::string_view value);

  Database& database_;
  sqlite3_stmt* statement_;
  int bound_ = 0;
};

class Database {
 public:
  // Opens the file (which must exist) with write-ahead log, full synchronisation and foreign keys. Throws Error.
  Database(const DatabaseSettings& settings, Access access);
  Database(const Database&) = delete;
  Database& operator=(const Database&) = delete;
  ~Database() = default;

  // Runs statements without placeholders and rows. Throws Error.
  void execute(const std::string& sql);

  // Prepares `sql` once and binds the values in order; texts must live until the last row has been read. `sql` is a
  // literal: the cache knows it by its address.
  template <class... Values>
  Query query(const char* sql, const Values&... values) {
    return Query(*this, prepared(sql), values...);
  }

  // Rows that the last statement changed.
  [[nodiscard]] std::int64_t changes() const;
  [[nodiscard]] bool in_transaction() const;
  // Ends a transaction without effect, if there is one; never throws.
  void roll_back() noexcept;

  // Throws the Error that stands for SQLite's answer `code`.
  [[noreturn]] void fail(int code) const;

  // Looks for damage for at most `limit`. Throws Error DATA_LOSS naming the first fault; false when the time ran out.
  bool check_integrity(Duration limit);

  // Pages in the write-ahead log after the last commit of this connection.
  [[nodiscard]] int log_pages() const { return log_pages_; }
  // Moves the log's content into the file as far as no reader is in the way. Throws Error.
  void checkpoint();

 private:
  struct CloseConnection {
    void operator()(sqlite3* connection) const;
  };
  struct FinalizeStatement {
    void operator()(sqlite3_stmt* statement) const;
  };

  static int on_commit(void* self, sqlite3* connection, const char* schema, int pages);
  sqlite3_stmt* prepared(const char* sql);
  void configure(const DatabaseSettings& settings, Access access);

  std::string path_;
  std::unique_ptr<sqlite3, CloseConnection> connection_;
  std::unordered_map<const char*, std::unique_ptr<sqlite3_stmt, FinalizeStatement>> statements_;
  int log_pages_ = 0;
};

}  // namespace slipway::sqlite
