#include "plugins/storage/postgres/schema.hpp"

#include <array>
#include <chrono>
#include <cstdio>
#include <string_view>
#include <thread>

#include "plugins/storage/postgres/tables.hpp"

namespace slipway::postgres {
namespace {

// "slipway" in ASCII: the key of the advisory lock.
constexpr const char* kLock = "32492250117173625";

constexpr auto kStepPatience = std::chrono::seconds(60);
constexpr auto kBetweenTries = std::chrono::seconds(1);

[[noreturn]] void refuse(const Connection& connection, const std::string& why) {
  throw Error(Code::failed_precondition, connection.name() + " " + why);
}

std::string versions(const SchemaState& state, std::size_t known) {
  return "has schema " + std::to_string(state.number) + ", which needs programs that know schema " +
         std::to_string(state.needs) + ", and this version of storage-postgres knows schemas up to " +
         std::to_string(known);
}

void refuse_newer(const Connection& connection, const SchemaState& state, std::span<const Migration> steps) {
  if (state.needs <= static_cast<std::int64_t>(steps.size())) return;
  refuse(connection,
         versions(state, steps.size()) + "; install the version that made it, or restore a backup made before");
}

// One host at a time brings a database up to date.
class MigrationLock {
 public:
  explicit MigrationLock(Connection& owner) : owner_(owner) {
    owner.execute("SET statement_timeout = '60s'; SET lock_timeout = '60s'");
    owner.wait_for(seconds(60));
    owner.execute(std::string("SELECT pg_advisory_lock(") + kLock + ")");
    // Everybody else's statements wait behind a step that waits for a table.
    owner.execute("SET lock_timeout = '1s'");
  }
  MigrationLock(const MigrationLock&) = delete;
  MigrationLock& operator=(const MigrationLock&) = delete;
  ~MigrationLock() {
    roll_back(owner_);
    try {
      owner_.execute("SELECT pg_advisory_unlock_all()");
    } catch (const Fault&) {
      return;  // the connection is lost, and with it the lock
    }
  }

 private:
  Connection& owner_;
};

// Makes the schema, or finds our own.
void claim(Connection& owner) {
  const Rows there = owner.query("SELECT 1 FROM pg_namespace WHERE nspname = 'slipway'");
  const Rows ours = owner.query("SELECT 1 FROM pg_tables WHERE schemaname = 'slipway' AND tablename = 'migrations'");
  if (ours.size() == 1) return;
  if (there.size() == 1)
    refuse(owner, "has a schema \"slipway\" of another program; give the store a database of its own");
  owner.execute(
      "BEGIN; CREATE SCHEMA slipway; CREATE TABLE slipway.migrations (number bigint PRIMARY KEY, needs bigint NOT NULL,"
      " name text NOT NULL, checksum text NOT NULL, applied_at timestamptz NOT NULL DEFAULT now()); COMMIT");
}

void check_applied(Connection& connection, std::span<const Migration> steps) {
  const Rows rows = connection.query("SELECT number, name, checksum FROM slipway.migrations ORDER BY number");
  for (std::size_t i = 0; i < rows.size() && i < steps.size(); ++i) {
    if (rows.integer(i, 0) == steps[i].number && rows.text(i, 2) == checksum(steps[i])) continue;
    refuse(connection, "was changed: step " + std::to_string(rows.integer(i, 0)) + " \"" + rows.text(i, 1) +
                           "\" has checksum " + rows.text(i, 2) + " there, and " + checksum(steps[i]) +
                           " in this version; use the version of storage-postgres that made it");
  }
}

void apply(Connection& owner, const Migration& step) {
  owner.execute(std::string("BEGIN; ") + step.sql +
                "; INSERT INTO slipway.migrations (number, needs, name, checksum)"
                " VALUES (" +
                std::to_string(step.number) + ", " + std::to_string(step.needs) + ", " + owner.quoted(step.name) +
                ", " + owner.quoted(checksum(step)) + "); COMMIT");
}

// What holds a table may hold it for long, as a backup does: then the step steps aside again and again.
void apply_patiently(Connection& owner, const Migration& step) {
  const auto until = std::chrono::steady_clock::now() + kStepPatience;
  for (;;) {
    try {
      return apply(owner, step);
    } catch (const Fault& fault) {
      if (fault.remedy() != Remedy::again || std::chrono::steady_clock::now() >= until) throw;
    }
    roll_back(owner);
    std::this_thread::sleep_for(kBetweenTries);
  }
}

void grant(Connection& owner, const std::string& application) {
  const Rows role = owner.query("SELECT quote_ident($1)", {application});
  owner.execute("BEGIN; GRANT USAGE ON SCHEMA slipway TO " + role.text(0, 0) +
                "; GRANT SELECT, INSERT, UPDATE, DELETE ON ALL TABLES IN SCHEMA slipway TO " + role.text(0, 0) +
                "; REVOKE INSERT, UPDATE, DELETE ON slipway.migrations FROM " + role.text(0, 0) + "; COMMIT");
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

SchemaState schema_state(Connection& connection) {
  const Rows table = connection.query(
      "SELECT has_schema_privilege(n.oid, 'USAGE') AND has_table_privilege(c.oid, 'SELECT') FROM pg_class c JOIN"
      " pg_namespace n ON n.oid = c.relnamespace WHERE n.nspname = 'slipway' AND c.relname = 'migrations'");
  if (table.size() == 0 || !table.yes(0, 0)) return {};
  const Rows applied =
      connection.query("SELECT coalesce(max(number), 0), coalesce(max(needs), 0) FROM slipway.migrations");
  return {applied.integer(0, 0), applied.integer(0, 1)};
}

std::vector<Migration> migrate(Connection& owner, std::span<const Migration> steps, const std::string& application) {
  const MigrationLock lock(owner);
  claim(owner);
  const SchemaState state = schema_state(owner);
  refuse_newer(owner, state, steps);
  check_applied(owner, steps);
  std::vector<Migration> applied;
  for (const Migration& step : steps) {
    if (step.number <= state.number) continue;
    apply_patiently(owner, step);
    applied.push_back(step);
  }
  grant(owner, application);
  return applied;
}

void check_application(Connection& connection, std::span<const Migration> steps) {
  const Rows encoding = connection.query("SELECT current_setting('server_encoding')");
  if (encoding.text(0, 0) != "UTF8") refuse(connection, "has the encoding " + encoding.text(0, 0) + "; want UTF8");
  const SchemaState state = schema_state(connection);
  refuse_newer(connection, state, steps);
  if (state.number < static_cast<std::int64_t>(steps.size()))
    refuse(connection, versions(state, steps.size()) + "; name the owner's connection in owner_connection");
  check_applied(connection, steps);
  const Rows role = connection.query(
      "SELECT current_user, rolsuper OR rolbypassrls, EXISTS (SELECT FROM pg_class c JOIN pg_namespace n ON n.oid ="
      " c.relnamespace WHERE n.nspname = 'slipway' AND pg_has_role(current_user, c.relowner, 'MEMBER')) FROM pg_roles"
      " WHERE rolname = current_user");
  if (!role.yes(0, 1) && !role.yes(0, 2)) return;
  refuse(connection, "is used as role \"" + role.text(0, 0) + "\", which " +
                         (role.yes(0, 1) ? "row-level security does not hold" : "owns its tables") +
                         "; connect as a role that is neither superuser nor owner and has no BYPASSRLS");
}

void bring_up_to_date(Connection& application, const std::optional<Target>& owner_target) {
  if (owner_target) {
    Connection owner(*owner_target);
    migrate(owner, migrations(), application.query("SELECT current_user").text(0, 0));
  }
  check_application(application, migrations());
}

}  // namespace slipway::postgres
