#include "plugins/storage/sqlite/records.hpp"

#include <string>
#include <string_view>

#include "plugins/storage/common/pages.hpp"

namespace slipway::sqlite {
namespace {

// The smallest text above everything that begins with `prefix`; bytes of UTF-8 leave room for one more.
std::string end_of(const std::string& prefix) {
  if (prefix.empty()) return "\xff";
  std::string end = prefix;
  ++end.back();
  return end;
}

storage::Record record_in(const Query& row, const std::string& kind) {
  return {{row.text(0), kind, row.text(1)}, row.text(2), row.integer(3), {row.integer(4)}};
}

Query of_one_tenant(Database& database, const storage::ScanRequest& request, const store::Place& after,
                    const std::string& end) {
  return database.query(
      "SELECT tenant, id, value, version, updated_at FROM records"
      " WHERE kind = ? AND tenant = ? AND id > ? AND id >= ? AND id < ? ORDER BY id LIMIT ?",
      request.kind, request.tenant, after.id, request.prefix, end, std::int64_t{request.limit} + 1);
}

Query of_all_tenants(Database& database, const storage::ScanRequest& request, const store::Place& after,
                     const std::string& end) {
  return database.query(
      "SELECT tenant, id, value, version, updated_at FROM records"
      " WHERE kind = ? AND (tenant, id) > (?, ?) AND id >= ? AND id < ? ORDER BY tenant, id LIMIT ?",
      request.kind, after.tenant, after.id, request.prefix, end, std::int64_t{request.limit} + 1);
}

storage::ScanReply page(Query rows, const storage::ScanRequest& request) {
  storage::ScanReply reply;
  std::int64_t bytes = 0;
  while (rows.next()) {
    bytes += rows.bytes(2);
    const bool full = static_cast<std::int32_t>(reply.records.size()) == request.limit || bytes > store::kReplyBytes;
    if (full && !reply.records.empty()) {
      reply.next = store::to_cursor(reply.records.back().key);
      break;
    }
    reply.records.push_back(record_in(rows, request.kind));
  }
  return reply;
}

}  // namespace

storage::GetReply get(Database& database, const storage::GetRequest& request) {
  storage::GetReply reply;
  std::int64_t bytes = 0;
  for (const storage::Key& key : request.keys) {
    auto row = database.query(
        "SELECT tenant, id, value, version, updated_at FROM records WHERE kind = ? AND tenant = ? AND id = ?", key.kind,
        key.tenant, key.id);
    if (!row.next()) continue;
    bytes += row.bytes(2);
    if (bytes > store::kReplyBytes && !reply.records.empty()) throw store::too_much_at_once(request.keys.size());
    reply.records.push_back(record_in(row, key.kind));
  }
  return reply;
}

storage::ScanReply scan(Database& database, const storage::ScanRequest& request) {
  const store::Place after = store::from_cursor(request.after);
  const std::string end = end_of(request.prefix);
  if (request.tenant.empty()) return page(of_all_tenants(database, request, after, end), request);
  return page(of_one_tenant(database, request, after, end), request);
}

std::int64_t version_of(Database& database, const storage::Key& key) {
  auto row = database.query("SELECT version FROM records WHERE kind = ? AND tenant = ? AND id = ?", key.kind,
                            key.tenant, key.id);
  return row.next() ? row.integer(0) : 0;
}

std::int64_t put(Database& database, const storage::Put& put, Instant now) {
  auto row = database.query(
      "INSERT INTO records (tenant, kind, id, value, version, updated_at) VALUES (?, ?, ?, ?, 1, ?) ON CONFLICT (kind, "
      "tenant, id)"
      " DO UPDATE SET value = excluded.value, version = version + 1, updated_at = excluded.updated_at RETURNING "
      "version",
      put.key.tenant, put.key.kind, put.key.id, put.value, now.ns);
  row.next();
  return row.integer(0);
}

void remove(Database& database, const storage::Key& key) {
  database.query("DELETE FROM records WHERE kind = ? AND tenant = ? AND id = ?", key.kind, key.tenant, key.id).run();
}

}  // namespace slipway::sqlite
