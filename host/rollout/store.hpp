// Typed access to what delivery keeps in the binding "storage".
//
// Kinds: `application` by name, `release` by <application>/<name>, `rollout` by id, `rollout-index` for lists with the
// newest first (all/, app/<name>/, active/ and the id turned round), `ended-rollout` by the moment of the end and id,
// as long as its journal is kept, `removal` for applications on their way out.
// `notifier-cursor`. Streams: `journal/<rollout id>`, `events`. Every key has its tenant. The hosts' own, of the tenant
// "slipway": `roster`, `carried-out` by request (once.hpp), `damaged`, and the stream `notices`.
// Safe from any thread.
#pragma once

#include <boost/asio/awaitable.hpp>
#include <functional>
#include <mutex>
#include <optional>
#include <slipway/interfaces/storage.hpp>
#include <span>

#include "host/base/ids.hpp"
#include "host/bridge/caller.hpp"
#include "host/rollout/control.hpp"
#include "host/rollout/record.hpp"
#include "host/rollout/roster.hpp"

namespace slipway::rollout {

// A document with the store's version of it.
template <class T>
struct Stored {
  T value;
  std::int64_t version = 0;
  Instant updated_at{};  // by the store's clock, when it was read from there
};
template <class T>
using Later = boost::asio::awaitable<Result<T>>;

namespace keys {
storage::Key application(const std::string& tenant, const std::string& name);
storage::Key release(const std::string& tenant, const std::string& application, const std::string& name);
storage::Key rollout(const std::string& tenant, const std::string& id);
storage::Key removal(const std::string& tenant, const std::string& application);
storage::Key index(const std::string& tenant, const std::string& prefix, const std::string& rollout);
storage::Key ended(const std::string& tenant, Instant at, const std::string& rollout);
storage::StreamRef journal(const std::string& tenant, const std::string& rollout);
storage::StreamRef events(const std::string& tenant);
storage::Key roster();
// Where a record that can't be read is kept.
storage::Key damaged(const storage::Record& record);
storage::StreamRef notices();
// The last event that a notifier was told.
storage::Key cursor(const std::string& tenant, const std::string& notifier);
// Sorts the other way round: each digit of the id mirrored in its alphabet.
std::string turned(const std::string& id);
}  // namespace keys

// Requests by function, because an aggregate in braces must not stand inside a co_await.
storage::ScanRequest scan_of(std::string tenant, std::string kind, std::string prefix, std::string after,
                             std::int32_t limit);
storage::ReadRequest read_of(storage::StreamRef stream, std::int64_t after, std::int32_t limit);

// A host has changed something of an application that is another host's, for that one to read again.
struct Notice {
  std::string tenant;
  std::string application;
  static constexpr auto fields() {
    return slipway::fields(required("tenant", &Notice::tenant, "Its tenant."),
                           required("application", &Notice::application, "The application."));
  }
};
// Before the batch's other entries, whose numbers callers take from the end.
void append_notice(storage::WriteRequest& batch, const Notice& notice);

// Why a page can't be had, for who asked with this cursor: the store's words about it are about its own fields.
Status page_fault(const Status& status, const std::string& cursor);

struct StoreSettings {
  Duration budget = seconds(5);  // of one call
};

class Store {
 public:
  Store(bridge::Caller& caller, base::IdSource& ids, StoreSettings settings)
      : caller_(caller), ids_(ids), settings_(settings) {}

  // NOT_FOUND names what does not exist; a document that can't be read is DATA_LOSS.
  Later<Stored<Application>> application(std::string tenant, std::string name);
  Later<Stored<Release>> release(std::string tenant, std::string application, std::string name);
  Later<Stored<Record>> rollout(std::string tenant, std::string id);
  // An empty one of version 0 when there is none yet; one that can't be read is DATA_LOSS.
  Later<Stored<Roster>> roster();
  // As the roster said when it was read last; empty when nobody works on it.
  [[nodiscard]] std::string owner_of(std::size_t partition);
  // Puts one that can't be read aside, under the kind "damaged", and an empty one into its place. Its tokens begin
  // above any that was ever given: those are counted, and these are milliseconds.
  boost::asio::awaitable<Status> replace_roster(std::vector<storage::ExpectLease> fences, Instant now);
  // Reads, changes and writes it as long as the leases are held; repeated when another host was quicker. The change
  // tells whether to write. The roster as it is then, or ABORTED when a lease is not held.
  using RosterChange = std::function<bool(Roster&)>;
  Later<Roster> change_roster(std::vector<storage::ExpectLease> fences, RosterChange change);
  Later<storage::ScanReply> scan(storage::ScanRequest request);
  Later<storage::ReadReply> read(storage::ReadRequest request);
  Later<storage::GetReply> get(std::vector<storage::Key> keys);
  // Given up after `budget`, if that is shorter than that of other calls.
  Later<storage::LeaseReply> lease(storage::LeaseRequest request, Duration budget = seconds(60));

  // Once. The batch gets a name when it has none, so that it can be repeated when the outcome is unknown.
  Later<storage::WriteReply> write(storage::WriteRequest& batch, std::string trace);

 private:
  template <class T>
  Later<Stored<T>> one(storage::Key key, std::string what);
  Result<Stored<Roster>> roster_in(const std::string& reply);

  bridge::Caller& caller_;
  base::IdSource& ids_;
  StoreSettings settings_;
  // Each host asks for it once a second, and it hardly ever changes: the last reply, and what it says.
  std::mutex mutex_;
  std::optional<std::string> roster_text_;
  Stored<Roster> roster_;
};

// Whether a write that ended so may have happened after all.
bool outcome_unknown(const Status& status);

// As documents are shown: with the store's version.
Application shown(const Stored<Application>& stored);
Release shown(const Stored<Release>& stored);
Result<Stored<Record>> record_from(const storage::Record& record);
template <class T>
Result<Stored<T>> document_from(const storage::Record& record);

}  // namespace slipway::rollout
