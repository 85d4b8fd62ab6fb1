// slipway.storage/1 in memory, on a clock that is given, with everything that the contract says about preconditions,
// repeats and leases. For simulations: nothing of it is durable.
#pragma once

#include <functional>
#include <map>
#include <slipway/interfaces/storage.hpp>

#include "host/base/clock.hpp"

namespace slipway::simulate {

class MemoryStore {
 public:
  explicit MemoryStore(const base::Clock& clock) : clock_(clock) {}

  storage::GetReply get(const storage::GetRequest& request);
  storage::WriteReply write(const storage::WriteRequest& request);
  storage::ScanReply scan(const storage::ScanRequest& request);
  storage::AppendReply append(const storage::AppendRequest& request);
  storage::ReadReply read(const storage::ReadRequest& request);
  storage::LeaseReply lease(const storage::LeaseRequest& request);

  // Hears each batch that was written, once.
  std::function<void(const storage::WriteRequest&)> on_commit;
  // Past the contract.
  [[nodiscard]] std::int64_t writes() const { return writes_; }  // that may have changed something
  [[nodiscard]] bool holds(const storage::ExpectLease& lease) const;
  [[nodiscard]] const storage::Record* find(const storage::Key& key) const;
  [[nodiscard]] std::vector<std::string> stream(const std::string& tenant, const std::string& name) const;

 private:
  struct Held {
    std::string owner;
    std::int64_t token = 0;
    Instant until;
    Instant changed;
  };
  [[nodiscard]] std::string state_of(const Held& held) const;
  [[noreturn]] void refuse_lost(const Held& held, const storage::LeaseRequest& request) const;

  struct Stream {
    std::map<std::int64_t, storage::Entry> entries;
    std::int64_t last = 0;
  };
  const base::Clock& clock_;
  std::int64_t writes_ = 0;
  std::map<storage::Key, storage::Record> records_;
  std::map<std::pair<std::string, std::string>, Stream> streams_;
  std::map<std::string, storage::WriteReply> batches_;
  std::map<std::string, Held> leases_;
};

}  // namespace slipway::simulate
