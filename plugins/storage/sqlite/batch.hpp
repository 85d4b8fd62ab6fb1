// Writes on a connection, inside the writer's transaction.
#pragma once

#include <slipway/interfaces/storage.hpp>

#include "plugins/storage/sqlite/database.hpp"

namespace slipway::sqlite {

// As store::write, store::append and store::lease, on the tables of the database.
storage::WriteReply write(Database& database, const storage::WriteRequest& request, Instant now);
storage::AppendReply append(Database& database, const storage::AppendRequest& request, Instant now);
storage::LeaseReply lease(Database& database, const storage::LeaseRequest& request, Instant now);

// Forgets names of batches that are older than store::kRemembered, a bounded number at a time. True when there may be
// more of them.
bool forget_batches(Database& database, Instant now);

}  // namespace slipway::sqlite
