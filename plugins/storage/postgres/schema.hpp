// The tables of the store, as numbered steps that only go forward.
#pragma once

#include <optional>
#include <slipway/values.hpp>
#include <span>
#include <string>
#include <vector>

#include "plugins/storage/postgres/connection.hpp"

namespace slipway::postgres {

struct Migration {
  std::int64_t number;
  // The oldest schema whose programs work with this one: a step that only adds needs what the one before does.
  std::int64_t needs;
  const char* name;
  const char* sql;
};

// Every step, in order, numbered from 1.
std::span<const Migration> migrations();

// A fingerprint of a step's text, to notice one that was changed after it had been applied.
std::string checksum(const Migration& migration);

// What the database has: `number` is 0 without a schema, `needs` the most that one of its steps does.
struct SchemaState {
  std::int64_t number = 0;
  std::int64_t needs = 0;
};
SchemaState schema_state(Connection& connection);

// Applies what is missing, under an advisory lock, each step in a transaction of its own, and gives `application` (a
// role) the rights that it needs. Returns the steps applied. Throws Error FAILED_PRECONDITION for a schema of another
// program, a newer one, or one whose steps differ.
std::vector<Migration> migrate(Connection& owner, std::span<const Migration> steps, const std::string& application);

// Throws Error FAILED_PRECONDITION unless the schema is one that this version works with, and the role of the
// connection is held by the row-level security of its tables.
void check_application(Connection& connection, std::span<const Migration> steps);

// Both, with our own steps; the first only where an owner is named.
void bring_up_to_date(Connection& application, const std::optional<Target>& owner_target);

}  // namespace slipway::postgres
