#include "plugins/storage/common/batch.hpp"

#include <string>

#include "plugins/storage/common/leases.hpp"

namespace slipway::store {
namespace {

std::string describe(std::int64_t version) {
  return version == 0 ? "no such record" : "version " + std::to_string(version);
}

void expect_version(Tables& tables, const storage::Expect& expected) {
  const std::int64_t version = tables.version_of(expected.key);
  if (version == expected.version) return;
  const storage::Key& key = expected.key;
  throw Error(Code::aborted, "record \"" + key.tenant + "/" + key.kind + "/" + key.id + "\": expected " +
                                 describe(expected.version) + ", there is " + describe(version) +
                                 "; read it again and decide anew");
}

void expect(Tables& tables, const storage::WriteRequest& request, Instant now) {
  for (const storage::ExpectLease& expected : request.expect_leases) expect_lease(tables, expected, now);
  for (const storage::Expect& expected : request.expect) expect_version(tables, expected);
}

storage::WriteReply apply(Tables& tables, const storage::WriteRequest& request, Instant now) {
  storage::WriteReply reply{.at = now};
  for (const storage::Put& one : request.puts) reply.versions.push_back(tables.put(one, now));
  for (const storage::Key& key : request.removes) tables.remove(key);
  for (const storage::AppendOp& one : request.appends)
    reply.sequences.push_back(tables.append(one.stream, one.value, now));
  for (const storage::Trim& one : request.trims) tables.trim(one);
  return reply;
}

}  // namespace

storage::WriteReply write(Tables& tables, const storage::WriteRequest& request, Instant now) {
  if (request.batch.empty()) {
    expect(tables, request, now);
    return apply(tables, request, now);
  }
  if (auto reply = tables.reply_to(request.batch, now - kRemembered)) return *reply;
  expect(tables, request, now);
  const storage::WriteReply reply = apply(tables, request, now);
  tables.save_reply(request.batch, reply);
  return reply;
}

storage::AppendReply append(Tables& tables, const storage::AppendRequest& request, Instant now) {
  storage::AppendReply reply;
  for (const std::string& value : request.values) reply.sequences.push_back(tables.append(request.stream, value, now));
  return reply;
}

}  // namespace slipway::store
