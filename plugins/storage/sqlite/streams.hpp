// Append-only streams on a connection. An entry lies at position stream number * 2^36 + sequence number: one integer
// key for both, in the stream's order. That leaves room for 2^27 streams of 2^36 entries.
#pragma once

#include <slipway/interfaces/storage.hpp>

#include "plugins/storage/sqlite/database.hpp"

namespace slipway::sqlite {

// Returns the entry's sequence number.
std::int64_t append(Database& database, const storage::StreamRef& stream, const std::string& value, Instant now);

storage::ReadReply read(Database& database, const storage::ReadRequest& request);

// Entries up to and including `through` go; a stream that is not there is no fault.
void trim(Database& database, const storage::Trim& trim);

// An entry as it was, into a stream without it whose `last` is not below it; false for another one.
bool restore(Database& database, const storage::StreamRef& stream, const storage::Entry& entry);
// Numbers of the oldest entries, by what there is.
void restore_firsts(Database& database);

}  // namespace slipway::sqlite
