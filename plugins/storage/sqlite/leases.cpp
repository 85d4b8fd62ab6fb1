#include "plugins/storage/sqlite/leases.hpp"

#include <string>

namespace slipway::sqlite {
namespace {

constexpr Duration kLongest = seconds(24 * 3600);

struct Row {
  std::string owner;
  std::int64_t token = 0;
  Instant expires_at;
};

Row find(Database& database, const std::string& name) {
  auto row = database.query("SELECT owner, token, expires_at FROM leases WHERE name = ?", name);
  if (!row.next()) return {};
  return {row.text(0), row.integer(1), {row.integer(2)}};
}

storage::LeaseReply save(Database& database, const std::string& name, const Row& row, Instant now) {
  database
      .query("INSERT OR REPLACE INTO leases VALUES (?, ?, ?, ?, ?)", name, row.owner, row.token, now.ns,
             row.expires_at.ns)
      .run();
  return {row.token, row.expires_at, row.owner};
}

std::string state_of(const Row& row, Instant now) {
  if (row.owner.empty()) return "nobody holds it";
  return "\"" + row.owner + "\" holds it under token " + std::to_string(row.token) +
         (row.expires_at > now ? " until " : ", which ran out at ") + to_string(row.expires_at);
}

[[noreturn]] void refuse(Code code, const std::string& name, const std::string& why) {
  throw Error(code, "lease \"" + name + "\": " + why);
}

storage::LeaseReply acquire(Database& database, const storage::LeaseRequest& request, Instant now) {
  Row row = find(database, request.name);
  const bool held = !row.owner.empty() && row.expires_at > now;
  if (held && row.owner != request.owner) refuse(Code::failed_precondition, request.name, state_of(row, now));
  if (!held) ++row.token;
  row.owner = request.owner;
  row.expires_at = now + request.ttl;
  return save(database, request.name, row, now);
}

bool holds(const Row& row, const storage::LeaseRequest& request) {
  return row.owner == request.owner && row.token == request.token;
}

[[noreturn]] void refuse_lost(const Row& row, const storage::LeaseRequest& request, Instant now) {
  refuse(Code::failed_precondition, request.name,
         "\"" + request.owner + "\" has lost it under token " + std::to_string(request.token) + "; " +
             state_of(row, now) + "; acquire it again");
}

storage::LeaseReply renew(Database& database, const storage::LeaseRequest& request, Instant now) {
  Row row = find(database, request.name);
  if (!holds(row, request) || row.expires_at <= now) refuse_lost(row, request, now);
  row.expires_at = now + request.ttl;
  return save(database, request.name, row, now);
}

storage::LeaseReply release(Database& database, const storage::LeaseRequest& request, Instant now) {
  Row row = find(database, request.name);
  const bool released = row.owner.empty() && row.token == request.token;
  if (!released && !holds(row, request)) refuse_lost(row, request, now);
  row.owner.clear();
  row.expires_at = now;
  return save(database, request.name, row, now);
}

}  // namespace

storage::LeaseReply lease(Database& database, const storage::LeaseRequest& request, Instant now) {
  if (request.ttl <= Duration{} || request.ttl > kLongest) {
    throw Error(Status(
        Code::invalid_argument, "lease \"" + request.name + "\" is not valid",
        {{"/ttl", "\"" + to_string(request.ttl) + "\"", "want a duration above 0s and up to " + to_string(kLongest)}}));
  }
  switch (request.action) {
    case storage::LeaseAction::acquire:
      return acquire(database, request, now);
    case storage::LeaseAction::renew:
      return renew(database, request, now);
    case storage::LeaseAction::release:
      return release(database, request, now);
  }
  throw Error(Code::internal, "no such action");
}

void expect_lease(Database& database, const storage::ExpectLease& expected, Instant now) {
  const Row row = find(database, expected.name);
  if (!row.owner.empty() && row.token == expected.token && row.expires_at > now) return;
  refuse(Code::aborted, expected.name,
         "is not held under token " + std::to_string(expected.token) + "; " + state_of(row, now));
}

}  // namespace slipway::sqlite
