// Many writes as one: what they name is read at once, the rules then run in memory, and what has changed is written at
// once. So a group costs the same few statements whether it is one write or five hundred.
#pragma once

#include <map>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "plugins/storage/common/tables.hpp"

namespace slipway::postgres {

using StreamName = std::pair<std::string, std::string>;  // tenant, name

// Names of what a group of writes needs.
struct Wanted {
  std::set<storage::Key> records;
  std::set<StreamName> streams;
  std::set<std::string> leases;
  std::set<std::string> batches;

  void add(const storage::WriteRequest& request);
  void add(const storage::AppendRequest& request);
  void add(const storage::LeaseRequest& request);
  [[nodiscard]] std::set<std::string> tenants() const;
  [[nodiscard]] bool only_leases() const {
    return !leases.empty() && records.empty() && streams.empty() && batches.empty();
  }
};

// A text of a request, which outlives the group.
using Borrowed = const std::string*;

struct RecordState {
  std::int64_t stored = 0;  // version in the database, 0 for none
  std::int64_t version = 0;
  Borrowed value = nullptr;  // null unless written
  Instant at;
  bool decided_by = false;  // an expectation was held against it
};
struct StreamState {
  bool stored = false;
  bool changed = false;
  std::int64_t first = 0;
  std::int64_t last = 0;
  std::int64_t trimmed = 0;  // entries up to this one go
};
struct NewEntry {
  StreamName stream;
  std::int64_t sequence = 0;
  Borrowed value = nullptr;
  Instant at;
};
struct LeaseState {
  store::LeaseRow stored;  // in the database
  store::LeaseRow row;
  bool changed = false;
};
struct BatchState {
  bool changed = false;
  storage::WriteReply reply;
};

// The tables as the group sees them: filled by load, read by save.
class Group final : public store::Tables {
 public:
  std::int64_t version_of(const storage::Key& key) override;
  std::int64_t put(const storage::Put& put, Instant now) override;
  void remove(const storage::Key& key) override;
  std::int64_t append(const storage::StreamRef& stream, const std::string& value, Instant now) override;
  void trim(const storage::Trim& trim) override;
  store::LeaseRow lease(const std::string& name) override { return leases[name].row; }
  void save_lease(const std::string& name, const store::LeaseRow& row) override;
  std::optional<storage::WriteReply> reply_to(const std::string& batch, Instant since) override;
  void save_reply(const std::string& batch, const storage::WriteReply& reply) override;

  [[nodiscard]] bool changed() const { return changed_; }

  std::map<storage::Key, RecordState> records;
  std::map<StreamName, StreamState> streams;
  std::vector<NewEntry> entries;
  std::map<std::string, LeaseState> leases;
  std::map<std::string, BatchState> batches;

 private:
  bool changed_ = false;
};

}  // namespace slipway::postgres
