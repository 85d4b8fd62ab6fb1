// What the rules of slipway.storage/1 need of whatever keeps a store's tables. One thread at a time; whoever calls the
// rules sees to it that all changes of a call become durable together or not at all.
#pragma once

#include <optional>
#include <slipway/interfaces/storage.hpp>
#include <string>

namespace slipway::store {

// Nobody's while `owner` is empty; the token of the last owner stays.
struct LeaseRow {
  std::string owner;
  std::int64_t token = 0;
  Instant expires_at;
  Instant changed_at;
};

class Tables {
 public:
  Tables() = default;
  Tables(const Tables&) = delete;
  Tables& operator=(const Tables&) = delete;
  virtual ~Tables() = default;

  // 0 when there is no such record.
  virtual std::int64_t version_of(const storage::Key& key) = 0;
  // Returns the new version.
  virtual std::int64_t put(const storage::Put& put, Instant now) = 0;
  virtual void remove(const storage::Key& key) = 0;

  // Returns the entry's sequence number.
  virtual std::int64_t append(const storage::StreamRef& stream, const std::string& value, Instant now) = 0;
  // A stream that is not there is no fault.
  virtual void trim(const storage::Trim& trim) = 0;

  virtual LeaseRow lease(const std::string& name) = 0;
  virtual void save_lease(const std::string& name, const LeaseRow& row) = 0;

  // The reply to a batch of this name that was written after `since`.
  virtual std::optional<storage::WriteReply> reply_to(const std::string& batch, Instant since) = 0;
  virtual void save_reply(const std::string& batch, const storage::WriteReply& reply) = 0;
};

}  // namespace slipway::store
