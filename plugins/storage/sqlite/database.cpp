#include "plugins/storage/sqlite/database.hpp"

#include <sqlite3.h>

#include <cassert>
#include <chrono>

#include "plugins/storage/sqlite/faults.hpp"

namespace slipway::sqlite {
namespace {

constexpr int kStepsBetweenLooks = 10'000;

using Steady = std::chrono::steady_clock;

int stop_when_late(void* deadline) { return Steady::now() >= *static_cast<Steady::time_point*>(deadline) ? 1 : 0; }

}  // namespace

Query::~Query() {
  sqlite3_reset(statement_);
  sqlite3_clear_bindings(statement_);
}

void Query::bind(std::int64_t value) {
  if (const int code = sqlite3_bind_int64(statement_, ++bound_, value); code != SQLITE_OK) database_.fail(code);
}

void Query::bind(std::string_view value) {
  const char* text = value.data() == nullptr ? "" : value.data();
  const int code = sqlite3_bind_text64(statement_, ++bound_, text, value.size(), SQLITE_STATIC, SQLITE_UTF8);
  if (code != SQLITE_OK) database_.fail(code);
}

bool Query::next() {
  const int code = sqlite3_step(statement_);
  if (code == SQLITE_ROW) return true;
  if (code != SQLITE_DONE) database_.fail(code);
  return false;
}

void Query::run() {
  while (next()) {
  }
}

std::int64_t Query::integer(int column) const { return sqlite3_column_int64(statement_, column); }

std::int64_t Query::bytes(int column) const { return sqlite3_column_bytes(statement_, column); }

std::string Query::text(int column) const {
  const void* data = sqlite3_column_blob(statement_, column);
  if (data == nullptr) return {};
  return {static_cast<const char*>(data), static_cast<std::size_t>(bytes(column))};
}

void Database::CloseConnection::operator()(sqlite3* connection) const { sqlite3_close_v2(connection); }

void Database::FinalizeStatement::operator()(sqlite3_stmt* statement) const { sqlite3_finalize(statement); }

Database::Database(const DatabaseSettings& settings, Access access) : path_(settings.path.string()) {
  sqlite3* connection = nullptr;
  constexpr int kFlags = SQLITE_OPEN_READWRITE | SQLITE_OPEN_NOMUTEX | SQLITE_OPEN_EXRESCODE;
  const int code =
      sqlite3_open_v2(path_.c_str(), &connection, kFlags, settings.vfs.empty() ? nullptr : settings.vfs.c_str());
  connection_.reset(connection);
  if (code != SQLITE_OK) fail(code);
  configure(settings, access);
}

void Database::configure(const DatabaseSettings& settings, Access access) {
  sqlite3_busy_timeout(connection_.get(), static_cast<int>(settings.busy_timeout.ns / 1'000'000));
  execute(
      "PRAGMA foreign_keys = ON; PRAGMA trusted_schema = OFF; PRAGMA temp_store = MEMORY; PRAGMA synchronous = FULL");
  if (access == Access::read) return execute("PRAGMA query_only = ON");
  execute("PRAGMA journal_mode = WAL; PRAGMA journal_size_limit = 67108864");
  // The writer checkpoints by itself, between commits, so that no commit waits for one.
  sqlite3_wal_autocheckpoint(connection_.get(), 0);
  sqlite3_wal_hook(connection_.get(), &Database::on_commit, this);
}

int Database::on_commit(void* self, sqlite3*, const char*, int pages) {
  static_cast<Database*>(self)->log_pages_ = pages;
  return SQLITE_OK;
}

void Database::execute(const std::string& sql) {
  const int code = sqlite3_exec(connection_.get(), sql.c_str(), nullptr, nullptr, nullptr);
  if (code != SQLITE_OK) fail(code);
}

sqlite3_stmt* Database::prepared(const char* sql) {
  auto& cached = statements_[sql];
  if (!cached) {
    sqlite3_stmt* statement = nullptr;
    const int code = sqlite3_prepare_v3(connection_.get(), sql, -1, SQLITE_PREPARE_PERSISTENT, &statement, nullptr);
    if (code != SQLITE_OK) fail(code);
    cached.reset(statement);
  }
  assert(sqlite3_stmt_busy(cached.get()) == 0);
  return cached.get();
}

std::int64_t Database::changes() const { return sqlite3_changes64(connection_.get()); }

bool Database::in_transaction() const { return sqlite3_get_autocommit(connection_.get()) == 0; }

void Database::roll_back() noexcept {
  if (in_transaction()) sqlite3_exec(connection_.get(), "ROLLBACK", nullptr, nullptr, nullptr);
}

void Database::fail(int code) const {
  const char* said = connection_ ? sqlite3_errmsg(connection_.get()) : sqlite3_errstr(code);
  throw Error(to_status(path_, code, connection_ ? sqlite3_system_errno(connection_.get()) : 0, said));
}

bool Database::check_integrity(Duration limit) {
  auto deadline = Steady::now() + std::chrono::nanoseconds(limit.ns);
  sqlite3_progress_handler(connection_.get(), kStepsBetweenLooks, &stop_when_late, &deadline);
  bool finished = true;
  std::string found;
  try {
    auto check = query("PRAGMA quick_check(1)");
    if (check.next()) found = check.text(0);
  } catch (const Error&) {
    if (sqlite3_errcode(connection_.get()) != SQLITE_INTERRUPT) throw;
    finished = false;
  }
  sqlite3_progress_handler(connection_.get(), 0, nullptr, nullptr);
  if (finished && found != "ok") throw Error(damaged(path_, found));
  return finished;
}

void Database::checkpoint() {
  const int code = sqlite3_wal_checkpoint_v2(connection_.get(), nullptr, SQLITE_CHECKPOINT_PASSIVE, nullptr, nullptr);
  if (code != SQLITE_OK && (code & 0xff) != SQLITE_BUSY) fail(code);
}

}  // namespace slipway::sqlite
