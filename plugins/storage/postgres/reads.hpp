// What the store is asked, each of one moment.
#pragma once

#include <slipway/interfaces/storage.hpp>

#include "plugins/storage/postgres/connection.hpp"

namespace slipway::postgres {

// Throws Error RESOURCE_EXHAUSTED when the values together are larger than store::kReplyBytes and more than one.
storage::GetReply get(Connection& connection, const storage::GetRequest& request);

storage::ScanReply scan(Connection& connection, const storage::ScanRequest& request);

storage::ReadReply read(Connection& connection, const storage::ReadRequest& request);

}  // namespace slipway::postgres
