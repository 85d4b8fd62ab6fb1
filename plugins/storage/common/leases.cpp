#include "plugins/storage/common/leases.hpp"

#include <string>

namespace slipway::store {
namespace {

constexpr Duration kLongest = seconds(24 * 3600);

storage::LeaseReply reply_of(const LeaseRow& row, Instant now) {
  return {row.token, row.expires_at, row.owner, row.changed_at, now};
}

storage::LeaseReply save(Tables& tables, const std::string& name, LeaseRow& row, Instant now) {
  row.changed_at = now;
  tables.save_lease(name, row);
  return reply_of(row, now);
}

std::string state_of(const LeaseRow& row, Instant now) {
  if (row.owner.empty()) return "nobody holds it";
  return "\"" + row.owner + "\" holds it under token " + std::to_string(row.token) +
         (row.expires_at > now ? " until " : ", which ran out at ") + to_string(row.expires_at);
}

[[noreturn]] void refuse(Code code, const std::string& name, const std::string& why) {
  throw Error(code, "lease \"" + name + "\": " + why);
}

storage::LeaseReply acquire(Tables& tables, const storage::LeaseRequest& request, Instant now) {
  LeaseRow row = tables.lease(request.name);
  const bool held = !row.owner.empty() && row.expires_at > now;
  if (held && row.owner != request.owner) refuse(Code::failed_precondition, request.name, state_of(row, now));
  if (!held) ++row.token;
  row.owner = request.owner;
  row.expires_at = now + request.ttl;
  return save(tables, request.name, row, now);
}

bool holds(const LeaseRow& row, const storage::LeaseRequest& request) {
  return row.owner == request.owner && row.token == request.token;
}

[[noreturn]] void refuse_lost(const LeaseRow& row, const storage::LeaseRequest& request, Instant now) {
  refuse(Code::failed_precondition, request.name,
         "\"" + request.owner + "\" has lost it under token " + std::to_string(request.token) + "; " +
             state_of(row, now) + "; acquire it again");
}

storage::LeaseReply renew(Tables& tables, const storage::LeaseRequest& request, Instant now) {
  LeaseRow row = tables.lease(request.name);
  if (!holds(row, request) || row.expires_at <= now) refuse_lost(row, request, now);
  row.expires_at = now + request.ttl;
  return save(tables, request.name, row, now);
}

storage::LeaseReply release(Tables& tables, const storage::LeaseRequest& request, Instant now) {
  LeaseRow row = tables.lease(request.name);
  const bool released = row.owner.empty() && row.token == request.token;
  if (!released && !holds(row, request)) refuse_lost(row, request, now);
  row.owner.clear();
  row.expires_at = now;
  return save(tables, request.name, row, now);
}

}  // namespace

storage::LeaseReply lease(Tables& tables, const storage::LeaseRequest& request, Instant now) {
  if (request.ttl <= Duration{} || request.ttl > kLongest) {
    throw Error(Status(
        Code::invalid_argument, "lease \"" + request.name + "\" is not valid",
        {{"/ttl", "\"" + to_string(request.ttl) + "\"", "want a duration above 0s and up to " + to_string(kLongest)}}));
  }
  switch (request.action) {
    case storage::LeaseAction::acquire:
      return acquire(tables, request, now);
    case storage::LeaseAction::renew:
      return renew(tables, request, now);
    case storage::LeaseAction::release:
      return release(tables, request, now);
    case storage::LeaseAction::look:
      return reply_of(tables.lease(request.name), now);
  }
  throw Error(Code::internal, "no such action");
}

void expect_lease(Tables& tables, const storage::ExpectLease& expected, Instant now) {
  const LeaseRow row = tables.lease(expected.name);
  if (!row.owner.empty() && row.token == expected.token && row.expires_at > now) return;
  refuse(Code::aborted, expected.name,
         "is not held under token " + std::to_string(expected.token) + "; " + state_of(row, now));
}

}  // namespace slipway::store
