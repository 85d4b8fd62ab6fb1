// All rows of a file, out and in (slipway.backup/1).
#pragma once

#include <memory>

#include "plugins/storage/common/rows.hpp"
#include "plugins/storage/sqlite/database.hpp"

namespace slipway::sqlite {

// Neither locks the file nor changes it: a host may be at work on it.
backup::DescribeReply describe(const DatabaseSettings& settings);

// The file as it is now, also while a host writes it. Throws Error FAILED_PRECONDITION unless its schema is current.
std::unique_ptr<store::RowSource> open_rows(const DatabaseSettings& settings);

// Makes the file, or takes one that is empty, and holds its lock. One transaction.
std::unique_ptr<store::RowSink> open_for_rows(const DatabaseSettings& settings, Instant now);

}  // namespace slipway::sqlite
