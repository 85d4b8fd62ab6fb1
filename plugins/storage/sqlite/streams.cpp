#include "plugins/storage/sqlite/streams.hpp"

#include <algorithm>

#include "plugins/storage/common/pages.hpp"

namespace slipway::sqlite {
namespace {

constexpr std::int64_t kEntriesPerStream = std::int64_t{1} << 36;
constexpr std::int64_t kStreams = std::int64_t{1} << 27;

// `first` is 0 while no entry is kept.
struct Stream {
  std::int64_t number = 0;
  std::int64_t first = 0;
  std::int64_t last = 0;
};

std::int64_t position(const Stream& stream, std::int64_t sequence) {
  return stream.number * kEntriesPerStream + sequence;
}

Stream find(Database& database, const storage::StreamRef& name) {
  auto row =
      database.query("SELECT number, first, last FROM streams WHERE tenant = ? AND name = ?", name.tenant, name.name);
  if (!row.next()) return {};
  return {row.integer(0), row.integer(1), row.integer(2)};
}

// Takes the next sequence number, making the stream when it is new.
Stream extend(Database& database, const storage::StreamRef& name) {
  auto row = database.query(
      "INSERT INTO streams (tenant, name, first, last) VALUES (?, ?, 1, 1) ON CONFLICT (tenant, name)"
      " DO UPDATE SET last = last + 1, first = CASE first WHEN 0 THEN last + 1 ELSE first END RETURNING number, first, "
      "last",
      name.tenant, name.name);
  row.next();
  const Stream stream{row.integer(0), row.integer(1), row.integer(2)};
  if (stream.number < kStreams && stream.last < kEntriesPerStream) return stream;
  throw Error(Code::out_of_range, "stream \"" + name.name + "\" has no sequence number left");
}

}  // namespace

std::int64_t append(Database& database, const storage::StreamRef& name, const std::string& value, Instant now) {
  const Stream stream = extend(database, name);
  database
      .query("INSERT INTO entries (position, value, at) VALUES (?, ?, ?)", position(stream, stream.last), value, now.ns)
      .run();
  return stream.last;
}

storage::ReadReply read(Database& database, const storage::ReadRequest& request) {
  const Stream stream = find(database, request.stream);
  storage::ReadReply reply{.first = stream.first, .last = stream.last};
  auto rows = database.query(
      "SELECT position, value, at FROM entries WHERE position > ? AND position <= ? ORDER BY position LIMIT ?",
      position(stream, std::min(request.after, stream.last)), position(stream, stream.last),
      std::int64_t{request.limit});
  std::int64_t bytes = 0;
  while (rows.next()) {
    bytes += rows.bytes(1);
    if (bytes > store::kReplyBytes && !reply.entries.empty()) break;
    reply.entries.push_back({rows.integer(0) % kEntriesPerStream, rows.text(1), {rows.integer(2)}});
  }
  return reply;
}

void trim(Database& database, const storage::Trim& trim) {
  const Stream stream = find(database, trim.stream);
  const std::int64_t through = std::min(trim.through, stream.last);
  if (stream.first == 0 || through < stream.first) return;
  database
      .query("DELETE FROM entries WHERE position BETWEEN ? AND ?", position(stream, stream.first),
             position(stream, through))
      .run();
  database
      .query("UPDATE streams SET first = ? WHERE number = ?", through == stream.last ? 0 : through + 1, stream.number)
      .run();
}

bool restore(Database& database, const storage::StreamRef& name, const storage::Entry& entry) {
  const Stream stream = find(database, name);
  if (entry.sequence < 1 || entry.sequence > stream.last) return false;
  database
      .query("INSERT INTO entries (position, value, at) VALUES (?, ?, ?)", position(stream, entry.sequence),
             entry.value, entry.at.ns)
      .run();
  return true;
}

void restore_firsts(Database& database) {
  database
      .query(
          "UPDATE streams SET first = ifnull((SELECT min(position) FROM entries WHERE position > number * ?1 AND"
          " position <= number * ?1 + last), 0) % ?1",
          kEntriesPerStream)
      .run();
}

}  // namespace slipway::sqlite
