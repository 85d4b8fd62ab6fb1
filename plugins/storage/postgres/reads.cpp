#include "plugins/storage/postgres/reads.hpp"

#include <set>

#include "plugins/storage/common/pages.hpp"
#include "plugins/storage/postgres/tables.hpp"

namespace slipway::postgres {
namespace {

// Ends the transaction in any case; nothing was written in it.
class ReadingAll {
 public:
  explicit ReadingAll(Connection& connection) : connection_(connection) { begin_for_every_tenant(connection); }
  ReadingAll(const ReadingAll&) = delete;
  ReadingAll& operator=(const ReadingAll&) = delete;
  ~ReadingAll() { roll_back(connection_); }

 private:
  Connection& connection_;
};

storage::Record record_in(const Rows& rows, std::size_t row, const std::string& kind) {
  return {
      {rows.text(row, 0), kind, rows.text(row, 1)}, rows.text(row, 2), rows.integer(row, 3), {rows.integer(row, 4)}};
}

// Each statement gives one row more than the page has, without its value: whether there is more. `bytes` is the size
// of all values up to a row.
Rows of_one_tenant(Connection& connection, const storage::ScanRequest& request, const store::Place& after) {
  return connection.query(
      "SELECT tenant, id, CASE WHEN number = 1 OR bytes <= $7 THEN value END, version, updated_at, number = 1 OR bytes"
      " <= $7 FROM (SELECT *, sum(octet_length(value)) OVER (ORDER BY id) AS bytes, row_number() OVER (ORDER BY id) AS"
      " number FROM (SELECT * FROM records WHERE kind = $1 AND tenant = $2 AND id > $3 AND id >= $4 AND id < $5"
      " ORDER BY id LIMIT $6) AS page) AS sized ORDER BY id",
      {request.kind, request.tenant, after.id, request.prefix, end_of(request.prefix), std::int64_t{request.limit} + 1,
       store::kReplyBytes});
}

Rows of_all_tenants(Connection& connection, const storage::ScanRequest& request, const store::Place& after) {
  return connection.query(
      "SELECT tenant, id, CASE WHEN number = 1 OR bytes <= $7 THEN value END, version, updated_at, number = 1 OR bytes"
      " <= $7 FROM (SELECT *, sum(octet_length(value)) OVER (ORDER BY tenant, id) AS bytes, row_number() OVER (ORDER BY"
      " tenant, id) AS number FROM (SELECT * FROM records WHERE kind = $1 AND (tenant, id) > ($2, $3) AND id >= $4 AND"
      " id < $5 ORDER BY tenant, id LIMIT $6) AS page) AS sized ORDER BY tenant, id",
      {request.kind, after.tenant, after.id, request.prefix, end_of(request.prefix), std::int64_t{request.limit} + 1,
       store::kReplyBytes});
}

storage::ScanReply page(const Rows& rows, const storage::ScanRequest& request) {
  storage::ScanReply reply;
  for (std::size_t row = 0; row < rows.size(); ++row) {
    if (static_cast<std::int32_t>(row) == request.limit || !rows.yes(row, 5)) {
      reply.next = store::to_cursor(reply.records.back().key);
      break;
    }
    reply.records.push_back(record_in(rows, row, request.kind));
  }
  return reply;
}

}  // namespace

storage::GetReply get(Connection& connection, const storage::GetRequest& request) {
  std::set<std::string> tenants;
  std::vector<std::string> names[3];
  for (const storage::Key& key : request.keys) {
    tenants.insert(key.tenant);
    names[0].push_back(key.tenant);
    names[1].push_back(key.kind);
    names[2].push_back(key.id);
  }
  see(connection, tenants);
  const Rows rows = connection.query(
      "SELECT tenant, id, CASE WHEN number = 1 OR bytes <= $4 THEN value END, version, updated_at, number = 1 OR bytes"
      " <= $4, kind FROM (SELECT r.*, w.place, sum(octet_length(r.value)) OVER (ORDER BY w.place) AS bytes,"
      " row_number() OVER (ORDER BY w.place) AS number FROM records r JOIN unnest($1::text[], $2::text[], $3::text[])"
      " WITH ORDINALITY AS w (tenant, kind, id, place) ON r.kind = w.kind AND r.tenant = w.tenant AND r.id = w.id)"
      " AS sized ORDER BY place",
      {names[0], names[1], names[2], store::kReplyBytes});
  storage::GetReply reply;
  for (std::size_t row = 0; row < rows.size(); ++row) {
    if (!rows.yes(row, 5)) throw store::too_much_at_once(request.keys.size());
    reply.records.push_back(record_in(rows, row, rows.text(row, 6)));
  }
  return reply;
}

storage::ScanReply scan(Connection& connection, const storage::ScanRequest& request) {
  const store::Place after = store::from_cursor(request.after);
  if (request.tenant.empty()) {
    const ReadingAll reading(connection);
    return page(of_all_tenants(connection, request, after), request);
  }
  see(connection, {request.tenant});
  return page(of_one_tenant(connection, request, after), request);
}

storage::ReadReply read(Connection& connection, const storage::ReadRequest& request) {
  see(connection, {request.stream.tenant});
  // One statement, so that numbers and entries are of one moment.
  const Rows rows = connection.query(
      "SELECT s.first, s.last, e.sequence, e.value, e.at FROM streams s LEFT JOIN LATERAL (SELECT * FROM (SELECT *,"
      " sum(octet_length(value)) OVER (ORDER BY sequence) AS bytes, row_number() OVER (ORDER BY sequence) AS number"
      " FROM (SELECT * FROM entries WHERE tenant = s.tenant AND name = s.name AND sequence > $3 ORDER BY sequence LIMIT"
      " $4) AS found) AS sized WHERE number = 1 OR bytes <= $5) AS e ON true WHERE s.tenant = $1 AND s.name = $2"
      " ORDER BY e.sequence",
      {request.stream.tenant, request.stream.name, request.after, std::int64_t{request.limit}, store::kReplyBytes});
  storage::ReadReply reply;
  for (std::size_t row = 0; row < rows.size(); ++row) {
    reply.first = rows.integer(row, 0);
    reply.last = rows.integer(row, 1);
    const std::int64_t sequence = rows.integer(row, 2);  // 0 beside a stream without an entry to give
    if (sequence != 0) reply.entries.push_back({sequence, rows.text(row, 3), {rows.integer(row, 4)}});
  }
  return reply;
}

}  // namespace slipway::postgres
