// All rows of a database, out and in (slipway.backup/1).
#pragma once

#include <memory>
#include <optional>

#include "plugins/storage/common/rows.hpp"
#include "plugins/storage/postgres/target.hpp"

namespace slipway::postgres {

// Limits for a store of any size, and for callers who are slow to write what they get.
inline constexpr Timeouts kBackupTimeouts{seconds(600), seconds(10), seconds(600)};

backup::DescribeReply describe(const Target& target);

// One moment of it; hosts may be at work. Throws Error FAILED_PRECONDITION unless its schema can be used.
std::unique_ptr<store::RowSource> open_rows(const Target& target);

// Brings the schema up to date where it may. One transaction, in which no host can write.
std::unique_ptr<store::RowSink> open_for_rows(const Target& target, const std::optional<Target>& owner);

}  // namespace slipway::postgres
