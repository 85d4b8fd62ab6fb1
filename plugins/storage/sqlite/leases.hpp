// Leases on a connection, by the store's time.
#pragma once

#include <slipway/interfaces/storage.hpp>

#include "plugins/storage/sqlite/database.hpp"

namespace slipway::sqlite {

// Throws Error FAILED_PRECONDITION when another owner has the lease, or when the one to renew or release is lost.
// Releasing again what was released is no fault.
storage::LeaseReply lease(Database& database, const storage::LeaseRequest& request, Instant now);

// Throws Error ABORTED unless the lease is held under this token and has not run out.
void expect_lease(Database& database, const storage::ExpectLease& expected, Instant now);

}  // namespace slipway::sqlite
