#include "tools/rehearse/memory_store.hpp"

namespace slipway::simulate {

storage::GetReply MemoryStore::get(const storage::GetRequest& request) {
  storage::GetReply reply;
  for (const auto& key : request.keys) {
    if (const auto* record = find(key)) reply.records.push_back(*record);
  }
  return reply;
}

const storage::Record* MemoryStore::find(const storage::Key& key) const {
  const auto found = records_.find(key);
  return found == records_.end() ? nullptr : &found->second;
}

storage::WriteReply MemoryStore::write(const storage::WriteRequest& request) {
  if (const auto again = batches_.find(request.batch); !request.batch.empty() && again != batches_.end())
    return again->second;
  for (const auto& expect : request.expect) {
    const auto* record = find(expect.key);
    const std::int64_t version = record == nullptr ? 0 : record->version;
    if (version != expect.version)
      throw Error(Code::aborted, expect.key.kind + " " + expect.key.id + " has version " + std::to_string(version));
  }
  for (const auto& expect : request.expect_leases) {
    if (!holds(expect)) throw Error(Code::aborted, "lease " + expect.name + " is not held");
  }
  storage::WriteReply reply{.versions = {}, .sequences = {}, .at = clock_.now()};
  for (const auto& put : request.puts) {
    auto& record = records_[put.key];
    record = {put.key, put.value, record.version + 1, clock_.now()};
    reply.versions.push_back(record.version);
  }
  for (const auto& key : request.removes) records_.erase(key);
  for (const auto& op : request.appends) {
    auto& stream = streams_[{op.stream.tenant, op.stream.name}];
    ++stream.last;
    stream.entries[stream.last] = {stream.last, op.value, clock_.now()};
    reply.sequences.push_back(stream.last);
  }
  for (const auto& trim : request.trims) {
    auto& entries = streams_[{trim.stream.tenant, trim.stream.name}].entries;
    entries.erase(entries.begin(), entries.upper_bound(trim.through));
  }
  if (!request.batch.empty()) batches_[request.batch] = reply;
  if (on_commit) on_commit(request);
  return reply;
}

bool MemoryStore::holds(const storage::ExpectLease& lease) const {
  const auto held = leases_.find(lease.name);
  return held != leases_.end() && held->second.token == lease.token && held->second.until > clock_.now();
}

storage::ScanReply MemoryStore::scan(const storage::ScanRequest& request) {
  storage::ScanReply reply;
  for (const auto& [key, record] : records_) {
    const std::string cursor = key.tenant + "\n" + key.id;
    const bool mine = key.kind == request.kind && (request.tenant.empty() || key.tenant == request.tenant) &&
                      key.id.starts_with(request.prefix);
    if (!mine || (!request.after.empty() && cursor <= request.after)) continue;
    if (static_cast<std::int32_t>(reply.records.size()) == request.limit) {
      reply.next = reply.records.back().key.tenant + "\n" + reply.records.back().key.id;
      break;
    }
    reply.records.push_back(record);
  }
  return reply;
}

storage::AppendReply MemoryStore::append(const storage::AppendRequest& request) {
  storage::WriteRequest batch;
  for (const auto& value : request.values) batch.appends.push_back({request.stream, value});
  return {write(batch).sequences};
}

storage::ReadReply MemoryStore::read(const storage::ReadRequest& request) {
  const Stream& stream = streams_[{request.stream.tenant, request.stream.name}];
  storage::ReadReply reply{
      .entries = {}, .first = stream.entries.empty() ? 0 : stream.entries.begin()->first, .last = stream.last};
  for (auto it = stream.entries.upper_bound(request.after);
       it != stream.entries.end() && static_cast<std::int32_t>(reply.entries.size()) < request.limit; ++it) {
    reply.entries.push_back(it->second);
  }
  return reply;
}

storage::LeaseReply MemoryStore::lease(const storage::LeaseRequest& request) {
  Held& held = leases_[request.name];
  const Instant now = clock_.now();
  const auto reply = [&] { return storage::LeaseReply{held.token, held.until, held.owner, held.changed, now}; };
  if (request.action == storage::LeaseAction::look) return reply();
  const bool free = held.owner.empty() || held.until <= now;
  const bool mine = held.owner == request.owner && !free;
  if (request.action != storage::LeaseAction::acquire && (!mine || held.token != request.token))
    throw Error(Code::failed_precondition, "the lease is not held");
  if (!free && !mine) throw Error(Code::failed_precondition, held.owner + " holds the lease");
  const bool released = request.action == storage::LeaseAction::release;
  if (free) held.token = ++tokens_;
  held.owner = released ? std::string() : request.owner;
  held.until = released ? now : now + request.ttl;
  held.changed = now;
  return reply();
}

std::vector<std::string> MemoryStore::stream(const std::string& tenant, const std::string& name) const {
  std::vector<std::string> values;
  const auto found = streams_.find({tenant, name});
  if (found == streams_.end()) return values;
  for (const auto& [sequence, entry] : found->second.entries) values.push_back(entry.value);
  return values;
}

}  // namespace slipway::simulate
