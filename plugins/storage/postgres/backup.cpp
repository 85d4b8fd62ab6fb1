#include "plugins/storage/postgres/backup.hpp"

#include <set>

#include "plugins/storage/postgres/connection.hpp"
#include "plugins/storage/postgres/schema.hpp"
#include "plugins/storage/postgres/tables.hpp"

namespace slipway::postgres {
namespace {

using backup::Row;
using backup::RowKind;

std::int64_t count(Connection& connection) {
  return connection
      .query(
          "SELECT (SELECT count(*) FROM records) + (SELECT count(*) FROM streams) + (SELECT count(*) FROM entries) +"
          " (SELECT count(*) FROM leases)")
      .integer(0, 0);
}

// Tenant, kind, name, number, time and value of each, a few at a time: each may be large.
struct Part {
  RowKind kind;
  const char* declare;
  const char* fetch;
};
constexpr Part kParts[] = {
    {RowKind::record,
     "DECLARE part1 CURSOR FOR SELECT tenant, kind, id, version, updated_at, value FROM records"
     " ORDER BY kind, tenant, id",
     "FETCH 50 FROM part1"},
    {RowKind::stream,
     "DECLARE part2 CURSOR FOR SELECT tenant, '', name, last, 0, '' FROM streams ORDER BY tenant, name",
     "FETCH 50 FROM part2"},
    {RowKind::entry,
     "DECLARE part3 CURSOR FOR SELECT tenant, '', name, sequence, at, value FROM entries"
     " ORDER BY tenant, name, sequence",
     "FETCH 50 FROM part3"},
    {RowKind::lease, "DECLARE part4 CURSOR FOR SELECT '', '', name, token, granted_at, '' FROM leases ORDER BY name",
     "FETCH 50 FROM part4"},
};

class Source final : public store::RowSource {
 public:
  explicit Source(const Target& target) : connection_(target) {
    check_application(connection_, migrations());
    connection_.execute("BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY; SET LOCAL slipway.every_tenant = 'yes'");
    total_ = count(connection_);
    open_part();
  }
  [[nodiscard]] std::int64_t total() override { return total_; }

  std::optional<Row> next() override {
    while (at_ == rows_->size()) {
      const bool part_over = rows_->size() == 0;
      if (part_over && ++part_ == std::size(kParts)) return std::nullopt;
      if (part_over) {
        open_part();
      } else {
        fetch();
      }
    }
    const std::size_t i = at_++;
    Row row{kParts[part_].kind,   rows_->text(i, 0),      rows_->text(i, 1), rows_->text(i, 2),
            rows_->integer(i, 3), {rows_->integer(i, 4)}, rows_->text(i, 5)};
    store::check_text(connection_.name(), row);
    return row;
  }

 private:
  void open_part() {
    connection_.execute(kParts[part_].declare);
    fetch();
  }
  void fetch() {
    rows_ = connection_.execute(kParts[part_].fetch);
    at_ = 0;
  }

  Connection connection_;
  std::int64_t total_ = 0;
  std::size_t part_ = 0;
  std::optional<Rows> rows_;
  std::size_t at_ = 0;
};

struct Columns {
  std::vector<std::string> tenants, kinds, names, values;
  std::vector<std::int64_t> numbers, times;
};

Columns columns_of(const std::vector<Row>& rows, RowKind kind) {
  Columns columns;
  for (const Row& row : rows) {
    if (row.row != kind) continue;
    columns.tenants.push_back(row.tenant);
    columns.kinds.push_back(row.kind);
    columns.names.push_back(row.name);
    columns.values.push_back(row.value);
    columns.numbers.push_back(row.number);
    columns.times.push_back(row.at.ns);
  }
  return columns;
}

class Sink final : public store::RowSink {
 public:
  Sink(const Target& target, const std::optional<Target>& owner) : connection_(target) {
    bring_up_to_date(connection_, owner);
    connection_.execute(
        "BEGIN; LOCK TABLE records, streams, entries, leases IN EXCLUSIVE MODE; SET LOCAL slipway.every_tenant = "
        "'yes'");
    const Rows there = connection_.query("SELECT EXISTS (SELECT FROM records) OR EXISTS (SELECT FROM streams)");
    if (there.yes(0, 0)) throw store::not_empty(connection_.name());
  }

  void add(const std::vector<Row>& rows) override {
    std::set<std::string> tenants;
    for (const Row& row : rows) tenants.insert(row.tenant);
    name_tenants(connection_, tenants);
    add_records(columns_of(rows, RowKind::record));
    add_streams(columns_of(rows, RowKind::stream));
    add_entries(columns_of(rows, RowKind::entry));
    add_leases(columns_of(rows, RowKind::lease));
  }
  void commit() override { connection_.execute("COMMIT"); }

 private:
  void add_records(const Columns& rows) {
    if (rows.names.empty()) return;
    connection_.query(
        "INSERT INTO records SELECT * FROM unnest($1::text[], $2::text[], $3::text[], $4::text[], $5::bigint[],"
        " $6::bigint[])",
        {rows.tenants, rows.kinds, rows.names, rows.values, rows.numbers, rows.times});
  }
  void add_streams(const Columns& rows) {
    if (rows.names.empty()) return;
    connection_.query(
        "INSERT INTO streams SELECT tenant, name, 0, last FROM unnest($1::text[], $2::text[], $3::bigint[])"
        " AS w (tenant, name, last)",
        {rows.tenants, rows.names, rows.numbers});
  }
  // The first of a stream's entries tells where it begins.
  void add_entries(const Columns& rows) {
    if (rows.names.empty()) return;
    const Rows added = connection_.query(
        "INSERT INTO entries SELECT w.tenant, w.name, w.sequence, w.value, w.at FROM unnest($1::text[], $2::text[],"
        " $3::bigint[], $4::text[], $5::bigint[]) AS w (tenant, name, sequence, value, at) JOIN streams s"
        " ON s.tenant = w.tenant AND s.name = w.name AND w.sequence BETWEEN 1 AND s.last",
        {rows.tenants, rows.names, rows.numbers, rows.values, rows.times});
    if (added.changed() != rows.names.size()) throw store::no_stream();
    connection_.query(
        "UPDATE streams s SET first = w.first FROM (SELECT tenant, name, min(sequence) AS first FROM"
        " unnest($1::text[], $2::text[], $3::bigint[]) AS e (tenant, name, sequence) GROUP BY tenant, name) AS w"
        " WHERE s.tenant = w.tenant AND s.name = w.name AND s.first = 0",
        {rows.tenants, rows.names, rows.numbers});
  }
  void add_leases(const Columns& rows) {
    if (rows.names.empty()) return;
    connection_.query(
        "INSERT INTO leases SELECT name, '', token, at, at FROM unnest($1::text[], $2::bigint[], $3::bigint[])"
        " AS w (name, token, at) ON CONFLICT (name) DO UPDATE SET token = greatest(leases.token, excluded.token)",
        {rows.names, rows.numbers, rows.times});
  }

  Connection connection_;
};

}  // namespace

backup::DescribeReply describe(const Target& target) {
  Connection connection(target);
  backup::DescribeReply reply{.place = target.name,
                              .schema = schema_state(connection).number,
                              .known = static_cast<std::int64_t>(migrations().size())};
  if (reply.schema >= reply.known) {
    begin_for_every_tenant(connection);
    reply.rows = count(connection);
  }
  for (const Migration& step : migrations())
    if (step.number > reply.schema) reply.pending.push_back({step.number, step.name});
  return reply;
}

std::unique_ptr<store::RowSource> open_rows(const Target& target) { return std::make_unique<Source>(target); }

std::unique_ptr<store::RowSink> open_for_rows(const Target& target, const std::optional<Target>& owner) {
  return std::make_unique<Sink>(target, owner);
}

}  // namespace slipway::postgres
