// The atomic batch: preconditions, then changes.
#pragma once

#include "plugins/storage/common/tables.hpp"

namespace slipway::store {

// How long the name of a batch is known.
inline constexpr Duration kRemembered = seconds(24 * 3600);

// Throws Error ABORTED, before it has changed anything, when a precondition does not hold. A batch whose name was
// written less than a day ago changes nothing and answers as it did then.
storage::WriteReply write(Tables& tables, const storage::WriteRequest& request, Instant now);

storage::AppendReply append(Tables& tables, const storage::AppendRequest& request, Instant now);

}  // namespace slipway::store
