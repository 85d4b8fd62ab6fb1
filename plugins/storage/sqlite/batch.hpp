// The atomic batch on a connection, inside the writer's transaction.
#pragma once

#include <slipway/interfaces/storage.hpp>

#include "plugins/storage/sqlite/database.hpp"

namespace slipway::sqlite {

// Throws Error ABORTED when a precondition does not hold. A batch whose name was written less than a day ago changes
// nothing and answers as it did then.
storage::WriteReply write(Database& database, const storage::WriteRequest& request, Instant now);

// Forgets names older than a day, a bounded number at a time.
void forget_batches(Database& database, Instant now);

}  // namespace slipway::sqlite
