#include "plugins/storage/postgres/group.hpp"

#include <algorithm>

namespace slipway::postgres {
namespace {

StreamName name_of(const storage::StreamRef& stream) { return {stream.tenant, stream.name}; }

}  // namespace

void Wanted::add(const storage::WriteRequest& request) {
  for (const auto& one : request.expect) records.insert(one.key);
  for (const auto& one : request.puts) records.insert(one.key);
  records.insert(request.removes.begin(), request.removes.end());
  for (const auto& one : request.appends) streams.insert(name_of(one.stream));
  for (const auto& one : request.trims) streams.insert(name_of(one.stream));
  for (const auto& one : request.expect_leases) leases.insert(one.name);
  if (!request.batch.empty()) batches.insert(request.batch);
}

void Wanted::add(const storage::AppendRequest& request) { streams.insert(name_of(request.stream)); }

void Wanted::add(const storage::LeaseRequest& request) { leases.insert(request.name); }

std::set<std::string> Wanted::tenants() const {
  std::set<std::string> list;
  for (const auto& key : records) list.insert(key.tenant);
  for (const auto& stream : streams) list.insert(stream.first);
  return list;
}

std::int64_t Group::version_of(const storage::Key& key) {
  RecordState& record = records[key];
  record.decided_by = true;
  return record.version;
}

std::int64_t Group::put(const storage::Put& put, Instant now) {
  RecordState& record = records[put.key];
  record.value = &put.value;
  record.at = now;
  changed_ = true;
  return ++record.version;
}

void Group::remove(const storage::Key& key) {
  RecordState& record = records[key];
  if (record.version == 0) return;
  record.version = 0;
  record.value = nullptr;
  changed_ = true;
}

std::int64_t Group::append(const storage::StreamRef& stream, const std::string& value, Instant now) {
  const StreamName name = name_of(stream);
  StreamState& state = streams[name];
  ++state.last;
  if (state.first == 0) state.first = state.last;
  state.changed = true;
  entries.push_back({name, state.last, &value, now});
  changed_ = true;
  return state.last;
}

void Group::trim(const storage::Trim& trim) {
  StreamState& state = streams[name_of(trim.stream)];
  const std::int64_t through = std::min(trim.through, state.last);
  if (state.first == 0 || through < state.first) return;
  state.trimmed = through;
  state.first = through == state.last ? 0 : through + 1;
  state.changed = true;
  changed_ = true;
}

void Group::save_lease(const std::string& name, const store::LeaseRow& row) {
  LeaseState& lease = leases[name];
  lease.row = row;
  lease.changed = true;
  changed_ = true;
}

std::optional<storage::WriteReply> Group::reply_to(const std::string& batch, Instant since) {
  const auto found = batches.find(batch);
  if (found == batches.end() || found->second.reply.at <= since) return std::nullopt;
  return found->second.reply;
}

void Group::save_reply(const std::string& batch, const storage::WriteReply& reply) {
  batches[batch] = {true, reply};
  changed_ = true;
}

}  // namespace slipway::postgres
