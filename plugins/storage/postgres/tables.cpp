#include "plugins/storage/postgres/tables.hpp"

#include "plugins/storage/common/batch.hpp"

namespace slipway::postgres {
namespace {

constexpr std::int64_t kForgottenAtOnce = 1000;

// The columns of many rows, each as one array.
struct Columns {
  std::vector<std::string> tenants, kinds, names, values;
  std::vector<std::int64_t> a, b, c;

  void name(const storage::Key& key) {
    tenants.push_back(key.tenant);
    kinds.push_back(key.kind);
    names.push_back(key.id);
  }
  void name(const StreamName& stream) {
    tenants.push_back(stream.first);
    names.push_back(stream.second);
  }
  [[nodiscard]] bool empty() const { return names.empty(); }
};

void expect_changed(const Connection& connection, const Rows& rows, const Columns& wanted) {
  if (rows.changed() == wanted.names.size()) return;
  throw Fault(Remedy::again, {Code::unavailable, connection.name() + ": another transaction was faster"});
}

std::vector<std::string> list_of(const std::set<std::string>& names) { return {names.begin(), names.end()}; }

void learn_leases(const Rows& rows, Group& group) {
  for (std::size_t i = 0; i < rows.size(); ++i) {
    LeaseState& lease = group.leases[rows.text(i, 0)];
    lease.row = {rows.text(i, 1), rows.integer(i, 2), {rows.integer(i, 3)}, {rows.integer(i, 4)}};
    lease.stored = lease.row;
  }
}

void lock_leases(Connection& connection, const Wanted& wanted, Group& group) {
  if (wanted.leases.empty()) return;
  learn_leases(connection.query("SELECT name, owner, token, expires_at, granted_at FROM leases WHERE name = ANY"
                                " ($1::text[]) ORDER BY name FOR NO KEY UPDATE",
                                {list_of(wanted.leases)}),
               group);
}

void load_records(Connection& connection, const Wanted& wanted, Group& group) {
  Columns keys;
  for (const auto& key : wanted.records) keys.name(key);
  if (keys.empty()) return;
  const Rows rows = connection.query(
      "SELECT r.tenant, r.kind, r.id, r.version FROM records r JOIN unnest($1::text[], $2::text[], $3::text[])"
      " AS w (tenant, kind, id) ON r.kind = w.kind AND r.tenant = w.tenant AND r.id = w.id"
      " ORDER BY r.kind, r.tenant, r.id FOR NO KEY UPDATE OF r",
      {keys.tenants, keys.kinds, keys.names});
  for (std::size_t i = 0; i < rows.size(); ++i) {
    RecordState& record = group.records[{rows.text(i, 0), rows.text(i, 1), rows.text(i, 2)}];
    record.stored = record.version = rows.integer(i, 3);
  }
}

void load_streams(Connection& connection, const Wanted& wanted, Group& group) {
  Columns names;
  for (const auto& stream : wanted.streams) names.name(stream);
  if (names.empty()) return;
  const Rows rows = connection.query(
      "SELECT s.tenant, s.name, s.first, s.last FROM streams s JOIN unnest($1::text[], $2::text[]) AS w (tenant, name)"
      " ON s.tenant = w.tenant AND s.name = w.name ORDER BY s.tenant, s.name FOR NO KEY UPDATE OF s",
      {names.tenants, names.names});
  for (std::size_t i = 0; i < rows.size(); ++i) {
    StreamState& stream = group.streams[{rows.text(i, 0), rows.text(i, 1)}];
    stream.stored = true;
    stream.first = rows.integer(i, 2);
    stream.last = rows.integer(i, 3);
  }
}

void load_batches(Connection& connection, const Wanted& wanted, Group& group) {
  if (wanted.batches.empty()) return;
  const Rows rows =
      connection.query("SELECT name, reply FROM batches WHERE name = ANY ($1::text[])", {list_of(wanted.batches)});
  for (std::size_t i = 0; i < rows.size(); ++i) {
    const std::string name = rows.text(i, 0);
    auto reply = decode_text<storage::WriteReply>(rows.text(i, 1), "the reply kept for batch \"" + name + "\"");
    group.batches[name].reply = value_or_throw(std::move(reply));
  }
}

void insert_records(Connection& connection, const Group& group) {
  Columns rows;
  static const std::string none;
  for (const auto& [key, record] : group.records) {
    // What was decided by its absence is made and removed again below: whoever makes it meanwhile has to wait.
    const bool absence = record.decided_by && record.version == 0;
    if (record.stored != 0 || (record.version == 0 && !absence)) continue;
    rows.name(key);
    rows.values.push_back(record.value == nullptr ? none : *record.value);
    rows.a.push_back(record.version);
    rows.b.push_back(record.at.ns);
  }
  if (rows.empty()) return;
  expect_changed(connection,
                 connection.query("INSERT INTO records SELECT * FROM unnest($1::text[], $2::text[], $3::text[],"
                                  " $4::text[], $5::bigint[], $6::bigint[]) ON CONFLICT DO NOTHING",
                                  {rows.tenants, rows.kinds, rows.names, rows.values, rows.a, rows.b}),
                 rows);
}

void update_records(Connection& connection, const Group& group) {
  Columns rows;
  for (const auto& [key, record] : group.records) {
    if (record.stored == 0 || record.value == nullptr) continue;
    rows.name(key);
    rows.values.push_back(*record.value);
    rows.a.push_back(record.version);
    rows.b.push_back(record.at.ns);
  }
  if (rows.empty()) return;
  expect_changed(connection,
                 connection.query("UPDATE records r SET value = w.value, version = w.version, updated_at = w.at FROM"
                                  " unnest($1::text[], $2::text[], $3::text[], $4::text[], $5::bigint[], $6::bigint[])"
                                  " AS w (tenant, kind, id, value, version, at)"
                                  " WHERE r.kind = w.kind AND r.tenant = w.tenant AND r.id = w.id",
                                  {rows.tenants, rows.kinds, rows.names, rows.values, rows.a, rows.b}),
                 rows);
}

void delete_records(Connection& connection, const Group& group) {
  Columns rows;
  for (const auto& [key, record] : group.records)
    if (record.version == 0 && (record.stored != 0 || record.decided_by)) rows.name(key);
  if (rows.empty()) return;
  expect_changed(connection,
                 connection.query("DELETE FROM records r USING unnest($1::text[], $2::text[], $3::text[])"
                                  " AS w (tenant, kind, id)"
                                  " WHERE r.kind = w.kind AND r.tenant = w.tenant AND r.id = w.id",
                                  {rows.tenants, rows.kinds, rows.names}),
                 rows);
}

void save_streams(Connection& connection, const Group& group) {
  Columns fresh;
  Columns known;
  for (const auto& [name, stream] : group.streams) {
    if (!stream.changed) continue;
    Columns& rows = stream.stored ? known : fresh;
    rows.name(name);
    rows.a.push_back(stream.first);
    rows.b.push_back(stream.last);
  }
  if (!fresh.empty()) {
    expect_changed(connection,
                   connection.query("INSERT INTO streams SELECT * FROM unnest($1::text[], $2::text[], $3::bigint[],"
                                    " $4::bigint[]) ON CONFLICT DO NOTHING",
                                    {fresh.tenants, fresh.names, fresh.a, fresh.b}),
                   fresh);
  }
  if (known.empty()) return;
  expect_changed(connection,
                 connection.query("UPDATE streams s SET first = w.first, last = w.last FROM unnest($1::text[],"
                                  " $2::text[], $3::bigint[], $4::bigint[]) AS w (tenant, name, first, last)"
                                  " WHERE s.tenant = w.tenant AND s.name = w.name",
                                  {known.tenants, known.names, known.a, known.b}),
                 known);
}

void save_entries(Connection& connection, const Group& group) {
  Columns rows;
  for (const NewEntry& entry : group.entries) {
    rows.name(entry.stream);
    rows.values.push_back(*entry.value);
    rows.a.push_back(entry.sequence);
    rows.b.push_back(entry.at.ns);
  }
  if (rows.empty()) return;
  connection.query(
      "INSERT INTO entries SELECT * FROM unnest($1::text[], $2::text[], $3::bigint[], $4::text[], $5::bigint[])",
      {rows.tenants, rows.names, rows.a, rows.values, rows.b});
}

void trim_entries(Connection& connection, const Group& group) {
  Columns rows;
  for (const auto& [name, stream] : group.streams) {
    if (stream.trimmed == 0) continue;
    rows.name(name);
    rows.a.push_back(stream.trimmed);
  }
  if (rows.empty()) return;
  connection.query(
      "DELETE FROM entries e USING unnest($1::text[], $2::text[], $3::bigint[]) AS w (tenant, name, through)"
      " WHERE e.tenant = w.tenant AND e.name = w.name AND e.sequence <= w.through",
      {rows.tenants, rows.names, rows.a});
}

void save_batches(Connection& connection, const Group& group) {
  Columns rows;
  for (const auto& [name, batch] : group.batches) {
    if (!batch.changed) continue;
    rows.names.push_back(name);
    rows.values.push_back(encode_text(batch.reply));
    rows.a.push_back(batch.reply.at.ns);
  }
  if (rows.empty()) return;
  expect_changed(connection,
                 connection.query("INSERT INTO batches SELECT * FROM unnest($1::text[], $2::text[], $3::bigint[])"
                                  " ON CONFLICT (name) DO UPDATE SET reply = excluded.reply, at = excluded.at"
                                  " WHERE batches.at <= excluded.at - $4",
                                  {rows.names, rows.values, rows.a, store::kRemembered.ns}),
                 rows);
}

std::string named(Connection& connection, const std::set<std::string>& tenants) {
  return "slipway.tenants = " + connection.quoted(array_of(list_of(tenants)));
}

}  // namespace

void begin(Connection& connection, const std::set<std::string>& tenants) {
  connection.execute("BEGIN; SET LOCAL " + named(connection, tenants));
}

void name_tenants(Connection& connection, const std::set<std::string>& tenants) {
  connection.execute("SET LOCAL " + named(connection, tenants));
}

void see(Connection& connection, const std::set<std::string>& tenants) { connection.set(named(connection, tenants)); }

void begin_for_every_tenant(Connection& connection) {
  connection.execute("BEGIN READ ONLY; SET LOCAL slipway.every_tenant = 'yes'");
}

void roll_back(Connection& connection) noexcept {
  try {
    if (connection.open()) connection.execute("ROLLBACK");
  } catch (const std::exception&) {
    return;  // the connection is lost, and with it the transaction
  }
}

bool mark(Connection& connection, const std::string& id) {
  return connection.query("INSERT INTO commits VALUES ($1, now_ns()) ON CONFLICT DO NOTHING", {id}).changed() == 1;
}

void load(Connection& connection, const Wanted& wanted, Group& group) {
  lock_leases(connection, wanted, group);
  load_records(connection, wanted, group);
  load_streams(connection, wanted, group);
  load_batches(connection, wanted, group);
}

Instant load_leases(Connection& connection, const Wanted& wanted, Group& group) {
  const Rows rows = connection.query(
      "SELECT w.name, l.owner, l.token, l.expires_at, l.granted_at, now_ns() FROM unnest($1::text[]) AS w (name)"
      " LEFT JOIN leases l ON l.name = w.name",
      {list_of(wanted.leases)});
  learn_leases(rows, group);
  return {rows.integer(0, 5)};
}

Instant now(Connection& connection) { return {connection.query("SELECT now_ns()").integer(0, 0)}; }

void save_leases(Connection& connection, const Group& group) {
  Columns rows;
  std::vector<std::int64_t> stored_tokens;
  std::vector<std::int64_t> stored_at;
  for (const auto& [name, lease] : group.leases) {
    if (!lease.changed) continue;
    rows.names.push_back(name);
    rows.values.push_back(lease.row.owner);
    rows.a.push_back(lease.row.token);
    rows.b.push_back(lease.row.changed_at.ns);
    rows.c.push_back(lease.row.expires_at.ns);
    stored_tokens.push_back(lease.stored.token);
    stored_at.push_back(lease.stored.changed_at.ns);
  }
  if (rows.empty()) return;
  expect_changed(
      connection,
      connection.query("INSERT INTO leases SELECT * FROM unnest($1::text[], $2::text[], $3::bigint[],"
                       " $4::bigint[], $5::bigint[]) ON CONFLICT (name) DO UPDATE SET"
                       " owner = excluded.owner, token = excluded.token, granted_at = excluded.granted_at,"
                       " expires_at = excluded.expires_at WHERE (leases.name, leases.token,"
                       " leases.granted_at) IN (SELECT * FROM unnest($1::text[], $6::bigint[], $7::bigint[]))",
                       {rows.names, rows.values, rows.a, rows.b, rows.c, stored_tokens, stored_at}),
      rows);
}

void save(Connection& connection, const Group& group) {
  insert_records(connection, group);
  update_records(connection, group);
  delete_records(connection, group);
  save_streams(connection, group);
  save_entries(connection, group);
  trim_entries(connection, group);
  save_leases(connection, group);
  save_batches(connection, group);
}

bool tidy(Connection& connection) {
  bool more = false;
  for (const char* old :
       {"DELETE FROM commits WHERE id IN (SELECT id FROM commits WHERE at < now_ns() - $1 ORDER BY at LIMIT $2"
        " FOR UPDATE SKIP LOCKED)",
        "DELETE FROM batches WHERE name IN (SELECT name FROM batches WHERE at < now_ns() - $1 ORDER BY at LIMIT $2"
        " FOR UPDATE SKIP LOCKED)"})
    more = connection.query(old, {store::kRemembered.ns, kForgottenAtOnce}).changed() == kForgottenAtOnce || more;
  return more;
}

}  // namespace slipway::postgres
