// Leases, by the store's time.
#pragma once

#include "plugins/storage/common/tables.hpp"

namespace slipway::store {

// Throws Error FAILED_PRECONDITION, before it has changed anything, when another owner has the lease, or when the one
// to renew or release is lost. Releasing again what was released is no fault.
storage::LeaseReply lease(Tables& tables, const storage::LeaseRequest& request, Instant now);

// Throws Error ABORTED unless the lease is held under this token and has not run out.
void expect_lease(Tables& tables, const storage::ExpectLease& expected, Instant now);

}  // namespace slipway::store
