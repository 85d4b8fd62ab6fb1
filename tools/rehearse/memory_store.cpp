#include "tools/rehearse/memory_store.hpp"

#include <charconv>
#include <optional>
#include <tuple>

namespace slipway::simulate {
namespace {

constexpr std::size_t kReplyBytes = std::size_t{2} << 20;
constexpr Duration kLongestLease = seconds(24 * 3600);

std::string text_of(std::int64_t version) {
  return version == 0 ? "no such record" : "version " + std::to_string(version);
}

std::string cursor_to(const storage::Key& key) { return std::to_string(key.tenant.size()) + ":" + key.tenant + key.id; }

// Tenant and id.
std::pair<std::string, std::string> place_of(std::string_view cursor) {
  const Error fault(Code::invalid_argument,
                    "\"after\" is no cursor of this store; give the \"next\" of the page before");
  std::size_t size = 0;
  const auto [end, error] = std::from_chars(cursor.data(), cursor.data() + cursor.size(), size);
  if (error != std::errc{} || end == cursor.data() + cursor.size() || *end != ':') throw fault;
  cursor.remove_prefix(static_cast<std::size_t>(end - cursor.data()) + 1);
  if (size > cursor.size()) throw fault;
  return {std::string(cursor.substr(0, size)), std::string(cursor.substr(size))};
}

[[noreturn]] void refuse(Code code, const std::string& lease, const std::string& why) {
  throw Error(code, "lease \"" + lease + "\": " + why);
}

}  // namespace

storage::GetReply MemoryStore::get(const storage::GetRequest& request) {
  storage::GetReply reply;
  std::size_t bytes = 0;
  for (const auto& key : request.keys) {
    const auto* record = find(key);
    if (record == nullptr) continue;
    bytes += record->value.size();
    reply.records.push_back(*record);
  }
  if (bytes > kReplyBytes)
    throw Error(Code::resource_exhausted, "the " + std::to_string(reply.records.size()) +
                                              " records wanted have more than " + std::to_string(kReplyBytes) +
                                              " bytes together; ask for fewer at once");
  return reply;
}

const storage::Record* MemoryStore::find(const storage::Key& key) const {
  const auto found = records_.find(key);
  return found == records_.end() ? nullptr : &found->second;
}

storage::WriteReply MemoryStore::write(const storage::WriteRequest& request) {
  if (const auto again = batches_.find(request.batch); !request.batch.empty() && again != batches_.end())
    return again->second;
  for (const auto& expect : request.expect_leases) {
    if (!holds(expect))
      refuse(Code::aborted, expect.name,
             "is not held under token " + std::to_string(expect.token) + "; " + state_of(leases_[expect.name]));
  }
  for (const auto& expect : request.expect) {
    const auto* record = find(expect.key);
    const std::int64_t version = record == nullptr ? 0 : record->version;
    if (version == expect.version) continue;
    throw Error(Code::aborted, "record \"" + expect.key.tenant + "/" + expect.key.kind + "/" + expect.key.id +
                                   "\": expected " + text_of(expect.version) + ", there is " + text_of(version) +
                                   "; read it again and decide anew");
  }
  ++writes_;
  const Instant now = clock_.now();
  storage::WriteReply reply{.versions = {}, .sequences = {}, .at = now};
  for (const auto& put : request.puts) {
    auto& record = records_[put.key];
    record = {put.key, put.value, record.version + 1, now};
    reply.versions.push_back(record.version);
  }
  for (const auto& key : request.removes) records_.erase(key);
  for (const auto& op : request.appends) {
    auto& stream = streams_[{op.stream.tenant, op.stream.name}];
    ++stream.last;
    stream.entries[stream.last] = {stream.last, op.value, now};
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
  return held != leases_.end() && !held->second.owner.empty() && held->second.token == lease.token &&
         held->second.until > clock_.now();
}

std::string MemoryStore::state_of(const Held& held) const {
  if (held.owner.empty()) return "nobody holds it";
  return "\"" + held.owner + "\" holds it under token " + std::to_string(held.token) +
         (held.until > clock_.now() ? " until " : ", which ran out at ") + to_string(held.until);
}

storage::ScanReply MemoryStore::scan(const storage::ScanRequest& request) {
  storage::ScanReply reply;
  std::optional<std::pair<std::string, std::string>> after;
  if (!request.after.empty()) after = place_of(request.after);
  std::size_t bytes = 0;
  for (const auto& [key, record] : records_) {
    const bool mine = key.kind == request.kind && (request.tenant.empty() || key.tenant == request.tenant) &&
                      key.id.starts_with(request.prefix);
    if (!mine || (after && std::tie(key.tenant, key.id) <= std::tie(after->first, after->second))) continue;
    bytes += record.value.size();
    const bool full = static_cast<std::int32_t>(reply.records.size()) == request.limit || bytes > kReplyBytes;
    if (full && !reply.records.empty()) {
      reply.next = cursor_to(reply.records.back().key);
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
  std::size_t bytes = 0;
  for (auto it = stream.entries.upper_bound(request.after);
       it != stream.entries.end() && static_cast<std::int32_t>(reply.entries.size()) < request.limit; ++it) {
    bytes += it->second.value.size();
    if (bytes > kReplyBytes && !reply.entries.empty()) break;
    reply.entries.push_back(it->second);
  }
  return reply;
}

storage::LeaseReply MemoryStore::lease(const storage::LeaseRequest& request) {
  if (request.ttl <= Duration{} || request.ttl > kLongestLease)
    throw Error(Status(Code::invalid_argument, "lease \"" + request.name + "\" is not valid",
                       {{"/ttl", "\"" + to_string(request.ttl) + "\"",
                         "want a duration above 0s and up to " + to_string(kLongestLease)}}));
  Held& held = leases_[request.name];
  const Instant now = clock_.now();
  const bool free = held.owner.empty() || held.until <= now;
  switch (request.action) {
    case storage::LeaseAction::look:
      return {held.token, held.until, held.owner, held.changed, now};
    case storage::LeaseAction::acquire:
      if (!free && held.owner != request.owner) refuse(Code::failed_precondition, request.name, state_of(held));
      if (free) ++held.token;
      held.owner = request.owner;
      held.until = now + request.ttl;
      break;
    case storage::LeaseAction::renew:
      if (free || held.owner != request.owner || held.token != request.token) refuse_lost(held, request);
      held.until = now + request.ttl;
      break;
    case storage::LeaseAction::release:
      if ((!held.owner.empty() && held.owner != request.owner) || held.token != request.token)
        refuse_lost(held, request);
      held.owner.clear();
      held.until = now;
      break;
  }
  held.changed = now;
  return {held.token, held.until, held.owner, held.changed, now};
}

void MemoryStore::refuse_lost(const Held& held, const storage::LeaseRequest& request) const {
  refuse(Code::failed_precondition, request.name,
         "\"" + request.owner + "\" has lost it under token " + std::to_string(request.token) + "; " + state_of(held) +
             "; acquire it again");
}

std::vector<std::string> MemoryStore::stream(const std::string& tenant, const std::string& name) const {
  std::vector<std::string> values;
  const auto found = streams_.find({tenant, name});
  if (found == streams_.end()) return values;
  for (const auto& [sequence, entry] : found->second.entries) values.push_back(entry.value);
  return values;
}

}  // namespace slipway::simulate
