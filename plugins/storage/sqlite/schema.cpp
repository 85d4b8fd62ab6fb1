#include "plugins/storage/sqlite/schema.hpp"

#include <algorithm>
#include <array>
#include <cstdint>
#include <cstdio>
#include <string_view>

namespace slipway::sqlite {
namespace {

// "SLPW": how a database file says whose it is.
constexpr std::int64_t kApplicationId = 0x534c5057;

[[noreturn]] void refuse(const std::string& path, const std::string& why) {
  throw Error(Code::failed_precondition, "database \"" + path + "\" " + why);
}

std::int64_t number_of(Database& database, const char* sql) {
  auto query = database.query(sql);
  return query.next() ? query.integer(0) : 0;
}

// False for an empty file.
bool is_ours(Database& database, const std::string& path) {
  const std::int64_t id = number_of(database, "PRAGMA application_id");
  if (id == kApplicationId) return true;
  if (id != 0 || number_of(database, "SELECT count(*) FROM sqlite_master") != 0) {
    refuse(path,
           "belongs to another program (application id " + std::to_string(id) + "); give the store a path of its own");
  }
  return false;
}

void claim(Database& database, const std::string& path) {
  if (is_ours(database, path)) return;
  database.execute("BEGIN IMMEDIATE; PRAGMA application_id = " + std::to_string(kApplicationId) +
                   "; CREATE TABLE migrations (number INTEGER PRIMARY KEY, name TEXT NOT NULL, checksum TEXT NOT NULL,"
                   " applied_at INTEGER NOT NULL); COMMIT");
}

// The most that a step needs stands where SQLite keeps a number for its user: a file of one step, made before there was
// any need of it, says 0 there.
void refuse_newer(Database& database, const std::string& path, std::int64_t there, std::span<const Migration> steps) {
  const std::int64_t needs = number_of(database, "PRAGMA user_version");
  if (needs <= static_cast<std::int64_t>(steps.size())) return;
  refuse(path, "has schema " + std::to_string(there) + ", which needs programs that know schema " +
                   std::to_string(needs) + ", and this version of storage-sqlite knows schemas up to " +
                   std::to_string(steps.size()) +
                   "; install the version that wrote it, or restore a backup made before");
}

void check_applied(Database& database, const std::string& path, std::span<const Migration> steps) {
  auto rows = database.query("SELECT number, name, checksum FROM migrations ORDER BY number");
  for (const Migration& step : steps) {
    if (!rows.next()) return;
    if (rows.integer(0) == step.number && rows.text(2) == checksum(step)) continue;
    refuse(path, "was changed: step " + std::to_string(rows.integer(0)) + " \"" + rows.text(1) + "\" has checksum " +
                     rows.text(2) + " there, and " + checksum(step) +
                     " in this version; use the version of storage-sqlite that made it");
  }
}

void apply(Database& database, const Migration& step, Instant now) {
  database.execute("BEGIN IMMEDIATE");
  database.execute(step.sql);
  const std::int64_t needs = std::max<std::int64_t>(number_of(database, "PRAGMA user_version"), step.needs);
  database.execute("PRAGMA user_version = " + std::to_string(needs));
  database
      .query("INSERT INTO migrations (number, name, checksum, applied_at) VALUES (?, ?, ?, ?)",
             std::int64_t{step.number}, std::string_view(step.name), checksum(step), now.ns)
      .run();
  database.execute("COMMIT");
}

}  // namespace

// FNV-1a, 64 bits (draft-eastlake-fnv): against mistakes, not against an adversary.
std::string checksum(const Migration& migration) {
  std::uint64_t hash = 0xcbf29ce484222325;
  for (const char c : std::string_view(migration.sql)) hash = (hash ^ static_cast<unsigned char>(c)) * 0x100000001b3;
  std::array<char, 17> text{};
  std::snprintf(text.data(), text.size(), "%016llx", static_cast<unsigned long long>(hash));
  return text.data();
}

std::int64_t applied_schema(Database& database, const std::string& path) {
  return is_ours(database, path) ? number_of(database, "SELECT max(number) FROM migrations") : 0;
}

void check_schema(Database& database, const std::string& path, std::span<const Migration> steps) {
  const std::int64_t there = applied_schema(database, path);
  refuse_newer(database, path, there, steps);
  check_applied(database, path, steps);
  if (there >= static_cast<std::int64_t>(steps.size())) return;
  refuse(path, "has schema " + std::to_string(there) + ", and this version of storage-sqlite wants schema " +
                   std::to_string(steps.size()) + "; run `slipway storage migrate` first");
}

void migrate(Database& database, const std::string& path, std::span<const Migration> steps, Instant now) {
  try {
    claim(database, path);
    const std::int64_t there = applied_schema(database, path);
    refuse_newer(database, path, there, steps);
    check_applied(database, path, steps);
    for (const Migration& step : steps)
      if (step.number > there) apply(database, step, now);
  } catch (...) {
    database.roll_back();
    throw;
  }
}

Instant newest_time(Database& database) {
  return {number_of(database,
                    "SELECT max(ifnull((SELECT at FROM batches ORDER BY number DESC LIMIT 1), 0), ifnull((SELECT "
                    "max(granted_at) FROM leases), 0))")};
}

}  // namespace slipway::sqlite
