// Records on a connection: by name, by pages, and as part of a batch.
#pragma once

#include <slipway/interfaces/storage.hpp>

#include "plugins/storage/sqlite/database.hpp"

namespace slipway::sqlite {

// Of one moment. Throws Error RESOURCE_EXHAUSTED when the values together are larger than store::kReplyBytes and more
// than one.
storage::GetReply get(Database& database, const storage::GetRequest& request);

storage::ScanReply scan(Database& database, const storage::ScanRequest& request);

// 0 when there is no such record.
std::int64_t version_of(Database& database, const storage::Key& key);

// Returns the new version.
std::int64_t put(Database& database, const storage::Put& put, Instant now);

void remove(Database& database, const storage::Key& key);

}  // namespace slipway::sqlite
