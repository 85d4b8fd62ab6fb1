#include "plugins/storage/sqlite/backup.hpp"

#include "plugins/storage/sqlite/lock_file.hpp"
#include "plugins/storage/sqlite/schema.hpp"
#include "plugins/storage/sqlite/streams.hpp"

namespace slipway::sqlite {
namespace {

using backup::Row;
using backup::RowKind;

std::string place_of(const DatabaseSettings& settings) { return "database \"" + settings.path.string() + "\""; }

std::int64_t count(Database& database) {
  auto query = database.query(
      "SELECT (SELECT count(*) FROM records) + (SELECT count(*) FROM streams) + (SELECT count(*) FROM entries) +"
      " (SELECT count(*) FROM leases)");
  query.next();
  return query.integer(0);
}

// Tenant, kind, name, number, time and value of each. The order is that of the indices, so that nothing is sorted.
constexpr std::pair<RowKind, const char*> kParts[] = {
    {RowKind::record, "SELECT tenant, kind, id, version, updated_at, value FROM records ORDER BY kind, tenant, id"},
    {RowKind::stream, "SELECT tenant, '', name, last, 0, '' FROM streams ORDER BY tenant, name"},
    {RowKind::entry,
     "SELECT s.tenant, '', s.name, e.position % (1 << 36), e.at, e.value FROM streams s CROSS JOIN entries e ON"
     " e.position > s.number * (1 << 36) AND e.position <= s.number * (1 << 36) + s.last"
     " ORDER BY s.tenant, s.name, e.position"},
    {RowKind::lease, "SELECT '', '', name, token, granted_at, '' FROM leases ORDER BY name"},
};

class Source final : public store::RowSource {
 public:
  explicit Source(const DatabaseSettings& settings) : place_(place_of(settings)), database_(settings, Access::read) {
    check_schema(database_, settings.path.string(), migrations());
    database_.execute("BEGIN");
    total_ = count(database_);
    open_part();
  }
  [[nodiscard]] std::int64_t total() override { return total_; }

  std::optional<Row> next() override {
    while (!rows_->next()) {
      if (++part_ == std::size(kParts)) return std::nullopt;
      open_part();
    }
    Row row{kParts[part_].first, rows_->text(0),      rows_->text(1), rows_->text(2),
            rows_->integer(3),   {rows_->integer(4)}, rows_->text(5)};
    store::check_text(place_, row);
    return row;
  }

 private:
  // NOLINTNEXTLINE(modernize-make-unique): a query can't be moved
  void open_part() { rows_.reset(new Query(database_.query(kParts[part_].second))); }

  const std::string place_;
  Database database_;
  std::int64_t total_ = 0;
  std::size_t part_ = 0;
  std::unique_ptr<Query> rows_;
};

class Sink final : public store::RowSink {
 public:
  Sink(const DatabaseSettings& settings, Instant now) {
    make_private_file(settings.path);
    lock_ = std::make_unique<LockFile>(settings.path);
    database_ = std::make_unique<Database>(settings, Access::write);
    migrate(*database_, settings.path.string(), migrations(), now);
    database_->execute("BEGIN IMMEDIATE");
    auto there = database_->query("SELECT EXISTS (SELECT 1 FROM records) OR EXISTS (SELECT 1 FROM streams)");
    there.next();
    if (there.integer(0) != 0) throw store::not_empty(place_of(settings));
  }

  void add(const std::vector<Row>& rows) override {
    for (const Row& row : rows) add(row);
  }
  void commit() override {
    restore_firsts(*database_);
    database_->execute("COMMIT");
    database_->checkpoint();
  }

 private:
  void add(const Row& row) {
    switch (row.row) {
      case RowKind::record:
        return insert("INSERT INTO records (tenant, kind, id, value, version, updated_at) VALUES (?, ?, ?, ?, ?, ?)",
                      row.tenant, row.kind, row.name, row.value, row.number, row.at.ns);
      case RowKind::stream:
        return insert("INSERT INTO streams (tenant, name, first, last) VALUES (?, ?, 0, ?)", row.tenant, row.name,
                      row.number);
      case RowKind::entry:
        if (!restore(*database_, {row.tenant, row.name}, {row.number, row.value, row.at})) throw store::no_stream();
        return;
      case RowKind::lease:
        return insert(
            "INSERT INTO leases (name, owner, token, granted_at, expires_at) VALUES (?, '', ?, ?, ?) ON CONFLICT "
            "(name) DO UPDATE SET token ="
            " max(token, excluded.token)",
            row.name, row.number, row.at.ns, row.at.ns);
    }
  }
  template <class... Values>
  void insert(const char* sql, const Values&... values) {
    database_->query(sql, values...).run();
  }

  std::unique_ptr<LockFile> lock_;
  std::unique_ptr<Database> database_;
};

}  // namespace

backup::DescribeReply describe(const DatabaseSettings& settings) {
  backup::DescribeReply reply{.place = place_of(settings), .known = static_cast<std::int64_t>(migrations().size())};
  if (std::filesystem::exists(settings.path)) {
    Database database(settings, Access::read);
    reply.schema = applied_schema(database, settings.path.string());
    if (reply.schema >= reply.known) reply.rows = count(database);
  }
  for (const Migration& step : migrations())
    if (step.number > reply.schema) reply.pending.push_back({step.number, step.name});
  return reply;
}

std::unique_ptr<store::RowSource> open_rows(const DatabaseSettings& settings) {
  if (!std::filesystem::exists(settings.path))
    throw Error(Code::not_found, place_of(settings) + " does not exist; is the path right?");
  return std::make_unique<Source>(settings);
}

std::unique_ptr<store::RowSink> open_for_rows(const DatabaseSettings& settings, Instant now) {
  return std::make_unique<Sink>(settings, now);
}

}  // namespace slipway::sqlite
