// The tables of the store, as numbered steps that only go forward.
#pragma once

#include <slipway/values.hpp>
#include <span>
#include <string>

#include "plugins/storage/sqlite/database.hpp"

namespace slipway::sqlite {

struct Migration {
  int number;
  // The oldest schema whose programs work with this one: a step that only adds needs what the one before does.
  int needs;
  const char* name;
  const char* sql;
};

// Every step, in order, numbered from 1.
std::span<const Migration> migrations();

// A fingerprint of a step's text, to notice one that was changed after it had been applied.
std::string checksum(const Migration& migration);

// Applies what is missing, each step in a transaction of its own. Throws Error FAILED_PRECONDITION for a file of
// another program, of a newer schema, or whose steps differ.
void migrate(Database& database, const std::string& path, std::span<const Migration> steps, Instant now);

// The newest step applied; 0 for an empty file. Throws Error FAILED_PRECONDITION for a file of another program.
std::int64_t applied_schema(Database& database, const std::string& path);

// Changes nothing. Throws Error FAILED_PRECONDITION unless these steps were applied, and of later ones only such as
// these work with.
void check_schema(Database& database, const std::string& path, std::span<const Migration> steps);

// The newest time that the file holds; 0 for an empty one.
Instant newest_time(Database& database);

}  // namespace slipway::sqlite
