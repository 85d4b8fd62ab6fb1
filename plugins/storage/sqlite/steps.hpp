// The steps themselves. A released one stays as it is.
#pragma once

#include <algorithm>
#include <array>

#include "plugins/storage/sqlite/schema.hpp"

namespace slipway::sqlite {

// A record's index has the order of scans. An entry's position is its stream's number and its sequence number in one
// integer (see streams.hpp), so that a stream lies together in a single tree. Batches are numbered by age, since time
// does not go back.
inline constexpr std::array<Migration, 1> kSteps{{{1, 1, "records, streams, leases and batches", R"sql(
CREATE TABLE records (
  tenant TEXT NOT NULL, kind TEXT NOT NULL, id TEXT NOT NULL,
  value TEXT NOT NULL, version INTEGER NOT NULL, updated_at INTEGER NOT NULL);
CREATE UNIQUE INDEX records_by_name ON records (kind, tenant, id);
CREATE TABLE streams (
  number INTEGER PRIMARY KEY, tenant TEXT NOT NULL, name TEXT NOT NULL,
  first INTEGER NOT NULL, last INTEGER NOT NULL);
CREATE UNIQUE INDEX streams_by_name ON streams (tenant, name);
CREATE TABLE entries (position INTEGER PRIMARY KEY, value TEXT NOT NULL, at INTEGER NOT NULL);
CREATE TABLE leases (
  name TEXT PRIMARY KEY, owner TEXT NOT NULL, token INTEGER NOT NULL,
  granted_at INTEGER NOT NULL, expires_at INTEGER NOT NULL) WITHOUT ROWID;
CREATE TABLE batches (number INTEGER PRIMARY KEY, name TEXT NOT NULL UNIQUE, reply TEXT NOT NULL, at INTEGER NOT NULL);
)sql"}}};
static_assert(std::ranges::is_sorted(kSteps, {}, &Migration::needs), "what a step took away is not there again");

}  // namespace slipway::sqlite
