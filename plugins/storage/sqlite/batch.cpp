#include "plugins/storage/sqlite/batch.hpp"

#include <optional>
#include <string>

#include "plugins/storage/sqlite/leases.hpp"
#include "plugins/storage/sqlite/records.hpp"
#include "plugins/storage/sqlite/streams.hpp"

namespace slipway::sqlite {
namespace {

constexpr Duration kRemembered = seconds(24 * 3600);

std::optional<storage::WriteReply> answered_before(Database& database, const std::string& name, Instant now) {
  if (name.empty()) return std::nullopt;
  auto row = database.query("SELECT reply FROM batches WHERE name = ? AND at > ?", name, (now - kRemembered).ns);
  if (!row.next()) return std::nullopt;
  return value_or_throw(decode_text<storage::WriteReply>(row.text(0), "the reply kept for batch \"" + name + "\""));
}

void remember(Database& database, const std::string& name, const storage::WriteReply& reply) {
  if (name.empty()) return;
  database
      .query("INSERT OR REPLACE INTO batches (name, reply, at) VALUES (?, ?, ?)", name, encode_text(reply), reply.at.ns)
      .run();
}

std::string describe(std::int64_t version) {
  return version == 0 ? "no such record" : "version " + std::to_string(version);
}

void expect_version(Database& database, const storage::Expect& expected) {
  const std::int64_t version = version_of(database, expected.key);
  if (version == expected.version) return;
  const storage::Key& key = expected.key;
  throw Error(Code::aborted, "record \"" + key.tenant + "/" + key.kind + "/" + key.id + "\": expected " +
                                 describe(expected.version) + ", there is " + describe(version) +
                                 "; read it again and decide anew");
}

void expect(Database& database, const storage::WriteRequest& request, Instant now) {
  for (const storage::ExpectLease& expected : request.expect_leases) expect_lease(database, expected, now);
  for (const storage::Expect& expected : request.expect) expect_version(database, expected);
}

storage::WriteReply apply(Database& database, const storage::WriteRequest& request, Instant now) {
  storage::WriteReply reply{.at = now};
  for (const storage::Put& one : request.puts) reply.versions.push_back(put(database, one, now));
  for (const storage::Key& key : request.removes) remove(database, key);
  for (const storage::AppendOp& one : request.appends)
    reply.sequences.push_back(append(database, one.stream, one.value, now));
  for (const storage::Trim& one : request.trims) trim(database, one);
  return reply;
}

}  // namespace

storage::WriteReply write(Database& database, const storage::WriteRequest& request, Instant now) {
  if (auto reply = answered_before(database, request.batch, now)) return *reply;
  expect(database, request, now);
  const storage::WriteReply reply = apply(database, request, now);
  remember(database, request.batch, reply);
  return reply;
}

void forget_batches(Database& database, Instant now) {
  database
      .query("DELETE FROM batches WHERE number IN (SELECT number FROM batches ORDER BY number LIMIT 1000) AND at <= ?",
             (now - kRemembered).ns)
      .run();
}

}  // namespace slipway::sqlite
