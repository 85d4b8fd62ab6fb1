#include "host/rollout/store.hpp"

#include <algorithm>

#include "host/bridge/typed_call.hpp"

namespace slipway::rollout {
namespace {

constexpr const char* kBinding = "storage";
constexpr int kRosterTries = 8;            // against other hosts that change it at the same moment
constexpr const char* kHosts = "slipway";  // the tenant of what belongs to no tenant

bridge::CallContext context(Duration budget, std::string trace = {}) {
  return {.budget_ns = budget.ns, .traceparent = std::move(trace)};
}

}  // namespace

namespace keys {

storage::Key application(const std::string& tenant, const std::string& name) { return {tenant, "application", name}; }
storage::Key release(const std::string& tenant, const std::string& application, const std::string& name) {
  return {tenant, "release", application + "/" + name};
}
storage::Key rollout(const std::string& tenant, const std::string& id) { return {tenant, "rollout", id}; }
storage::Key removal(const std::string& tenant, const std::string& application) {
  return {tenant, "removal", application};
}
storage::Key index(const std::string& tenant, const std::string& prefix, const std::string& rollout) {
  return {tenant, "rollout-index", prefix + turned(rollout)};
}
storage::Key ended(const std::string& tenant, Instant at, const std::string& rollout) {
  std::string moment = std::to_string(at.ns);
  moment.insert(0, 20 - std::min<std::size_t>(20, moment.size()), '0');
  return {tenant, "ended-rollout", moment + "/" + rollout};
}
storage::StreamRef journal(const std::string& tenant, const std::string& rollout) {
  return {tenant, "journal/" + rollout};
}
storage::StreamRef events(const std::string& tenant) { return {tenant, "events"}; }

storage::Key damaged(const storage::Record& record) {
  return {record.key.tenant, "damaged", record.key.kind + "/" + record.key.id + "/" + std::to_string(record.version)};
}
storage::Key roster() { return {kHosts, "roster", "roster"}; }
storage::StreamRef notices() { return {kHosts, "notices"}; }
storage::Key cursor(const std::string& tenant, const std::string& notifier) {
  return {tenant, "notifier-cursor", notifier};
}

std::string turned(const std::string& id) {
  constexpr std::string_view kDigits = "0123456789abcdefghjkmnpqrstvwxyz";
  std::string result = id;
  for (char& c : result) {
    if (const auto at = kDigits.find(c); at != kDigits.npos) c = kDigits[kDigits.size() - 1 - at];
  }
  return result;
}

}  // namespace keys

storage::ScanRequest scan_of(std::string tenant, std::string kind, std::string prefix, std::string after,
                             std::int32_t limit) {
  return {.tenant = std::move(tenant),
          .kind = std::move(kind),
          .prefix = std::move(prefix),
          .after = std::move(after),
          .limit = limit};
}
storage::ReadRequest read_of(storage::StreamRef stream, std::int64_t after, std::int32_t limit) {
  return {.stream = std::move(stream), .after = after, .limit = limit};
}

void append_notice(storage::WriteRequest& batch, const Notice& notice) {
  batch.appends.insert(batch.appends.begin(), {keys::notices(), encode_text(notice)});
}

Status page_fault(const Status& status, const std::string& cursor) {
  if (cursor.empty() || status.code != Code::invalid_argument) return status;
  const std::string shown = cursor.size() <= 120 ? cursor : cursor.substr(0, 117) + "...";
  return {Code::invalid_argument,
          "the query is not valid",
          {{"?cursor", to_text(shown), "want the next_cursor of the page before, or none for the first page"}}};
}

template <class T>
Result<Stored<T>> document_from(const storage::Record& record) {
  auto value = decode_text<T>(record.value, record.key.kind + " " + record.key.id);
  if (!value.ok()) return Status(Code::data_loss, "the store's " + value.status().message, value.status().problems);
  return Stored<T>{std::move(*value), record.version, record.updated_at};
}
template Result<Stored<Application>> document_from(const storage::Record& record);
template Result<Stored<Release>> document_from(const storage::Record& record);
template Result<Stored<Record>> document_from(const storage::Record& record);

Result<Stored<Record>> record_from(const storage::Record& record) { return document_from<Record>(record); }

template <class T>
Later<Stored<T>> Store::one(storage::Key key, std::string what) {
  std::vector<storage::Key> wanted;
  wanted.push_back(std::move(key));
  const auto found = co_await get(std::move(wanted));
  if (!found.ok()) co_return found.status();
  if (found->records.empty()) co_return Status(Code::not_found, what + " does not exist");
  co_return document_from<T>(found->records.front());
}

Later<Stored<Application>> Store::application(std::string tenant, std::string name) {
  co_return co_await one<Application>(keys::application(tenant, name), "application \"" + name + "\"");
}
Later<Stored<Release>> Store::release(std::string tenant, std::string application, std::string name) {
  co_return co_await one<Release>(keys::release(tenant, application, name),
                                  "release \"" + name + "\" of application \"" + application + "\"");
}
Later<Stored<Record>> Store::rollout(std::string tenant, std::string id) {
  co_return co_await one<Record>(keys::rollout(tenant, id), "rollout \"" + id + "\"");
}

Later<storage::GetReply> Store::get(std::vector<storage::Key> keys) {
  storage::GetRequest request{std::move(keys)};
  co_return co_await bridge::call<storage::Interface, storage::Get>(caller_, kBinding, request,
                                                                    context(settings_.budget));
}
Later<Stored<Roster>> Store::roster() {
  storage::GetRequest request;
  request.keys.push_back(keys::roster());
  const auto reply = co_await caller_.call(kBinding, storage::kId, storage::Interface::index_of<storage::Get>(),
                                           encode_text(request), context(settings_.budget));
  if (!reply.ok()) co_return reply.status();
  co_return roster_in(*reply);
}
std::string Store::owner_of(std::size_t partition) {
  const std::lock_guard lock(mutex_);
  return roster_.value.partitions.at(partition).owner;
}
Result<Stored<Roster>> Store::roster_in(const std::string& reply) {
  const std::lock_guard lock(mutex_);
  if (reply == roster_text_) return roster_;
  const auto found = bridge::reply_in<storage::Interface, storage::Get>(caller_, kBinding, reply);
  if (!found.ok()) return found.status();
  if (found->records.empty()) return Stored<Roster>{};
  auto roster = document_from<Roster>(found->records.front());
  if (!roster.ok()) return roster;
  if (roster->value.partitions.size() != kPartitions)
    return Status(Code::data_loss, "the store's roster has " + std::to_string(roster->value.partitions.size()) +
                                       " partitions, not " + std::to_string(kPartitions));
  roster_text_ = reply;
  return roster_ = std::move(*roster);
}
boost::asio::awaitable<Status> Store::replace_roster(std::vector<storage::ExpectLease> fences, Instant now) {
  std::vector<storage::Key> wanted;
  wanted.push_back(keys::roster());
  const auto found = co_await get(std::move(wanted));
  if (!found.ok()) co_return found.status();
  if (found->records.empty()) co_return Status();
  const storage::Record& old = found->records.front();
  Roster empty;
  empty.token = std::max(now, old.updated_at).ns / 1'000'000;
  storage::WriteRequest batch;
  batch.expect.push_back({keys::roster(), old.version});
  batch.expect_leases = std::move(fences);
  batch.puts.push_back({keys::roster(), encode_text(empty)});
  batch.puts.push_back({keys::damaged(old), old.value});
  const auto reply = co_await write(batch, std::string());
  co_return reply.status();
}
Later<Roster> Store::change_roster(std::vector<storage::ExpectLease> fences, RosterChange change) {
  Status refused;
  for (int tries = 0; tries < kRosterTries; ++tries) {
    auto found = co_await roster();
    if (!found.ok()) co_return found.status();
    if (!change(found->value)) co_return std::move(found->value);
    storage::WriteRequest batch;
    batch.expect.push_back({keys::roster(), found->version});
    batch.expect_leases = fences;
    batch.puts.push_back({keys::roster(), encode_text(found->value)});
    const auto reply = co_await write(batch, std::string());
    if (reply.ok()) co_return std::move(found->value);
    refused = reply.status();
    if (refused.code != Code::aborted) break;
  }
  co_return refused;
}
Later<storage::ScanReply> Store::scan(storage::ScanRequest request) {
  co_return co_await bridge::call<storage::Interface, storage::Scan>(caller_, kBinding, request,
                                                                     context(settings_.budget));
}
Later<storage::ReadReply> Store::read(storage::ReadRequest request) {
  co_return co_await bridge::call<storage::Interface, storage::Read>(caller_, kBinding, request,
                                                                     context(settings_.budget));
}
Later<storage::LeaseReply> Store::lease(storage::LeaseRequest request, Duration budget) {
  co_return co_await bridge::call<storage::Interface, storage::Lease>(caller_, kBinding, request,
                                                                      context(std::min(budget, settings_.budget)));
}

Later<storage::WriteReply> Store::write(storage::WriteRequest& batch, std::string trace) {
  if (batch.batch.empty()) batch.batch = "engine/" + ids_.next();
  co_return co_await bridge::call<storage::Interface, storage::Write>(caller_, kBinding, batch,
                                                                      context(settings_.budget, std::move(trace)));
}

// ABORTED is a precondition, INVALID_ARGUMENT and the like were refused before anything was written.
bool outcome_unknown(const Status& status) {
  switch (status.code) {
    case Code::deadline_exceeded:
    case Code::cancelled:
    case Code::unknown:
    case Code::internal:
    case Code::unavailable:
    case Code::resource_exhausted:
      return true;
    default:
      return false;
  }
}

Application shown(const Stored<Application>& stored) {
  Application application = stored.value;
  application.version = std::to_string(stored.version);
  return application;
}
Release shown(const Stored<Release>& stored) {
  Release release = stored.value;
  release.version = std::to_string(stored.version);
  return release;
}

}  // namespace slipway::rollout
