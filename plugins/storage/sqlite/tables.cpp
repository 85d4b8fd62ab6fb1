#include "plugins/storage/sqlite/tables.hpp"

#include "plugins/storage/sqlite/records.hpp"
#include "plugins/storage/sqlite/streams.hpp"

namespace slipway::sqlite {

std::int64_t DatabaseTables::version_of(const storage::Key& key) { return sqlite::version_of(database_, key); }

std::int64_t DatabaseTables::put(const storage::Put& put, Instant now) { return sqlite::put(database_, put, now); }

void DatabaseTables::remove(const storage::Key& key) { sqlite::remove(database_, key); }

std::int64_t DatabaseTables::append(const storage::StreamRef& stream, const std::string& value, Instant now) {
  return sqlite::append(database_, stream, value, now);
}

void DatabaseTables::trim(const storage::Trim& trim) { sqlite::trim(database_, trim); }

store::LeaseRow DatabaseTables::lease(const std::string& name) {
  auto row = database_.query("SELECT owner, token, expires_at, granted_at FROM leases WHERE name = ?", name);
  if (!row.next()) return {};
  return {row.text(0), row.integer(1), {row.integer(2)}, {row.integer(3)}};
}

void DatabaseTables::save_lease(const std::string& name, const store::LeaseRow& row) {
  database_
      .query(
          "INSERT INTO leases (name, owner, token, granted_at, expires_at) VALUES (?, ?, ?, ?, ?)"
          " ON CONFLICT (name) DO UPDATE SET owner = excluded.owner, token = excluded.token,"
          " granted_at = excluded.granted_at, expires_at = excluded.expires_at",
          name, row.owner, row.token, row.changed_at.ns, row.expires_at.ns)
      .run();
}

std::optional<storage::WriteReply> DatabaseTables::reply_to(const std::string& batch, Instant since) {
  auto row = database_.query("SELECT reply FROM batches WHERE name = ? AND at > ?", batch, since.ns);
  if (!row.next()) return std::nullopt;
  return value_or_throw(decode_text<storage::WriteReply>(row.text(0), "the reply kept for batch \"" + batch + "\""));
}

void DatabaseTables::save_reply(const std::string& batch, const storage::WriteReply& reply) {
  // A name that is used again is a new batch, which takes its place by age.
  database_
      .query("INSERT OR REPLACE INTO batches (name, reply, at) VALUES (?, ?, ?)", batch, encode_text(reply),
             reply.at.ns)
      .run();
}

}  // namespace slipway::sqlite
