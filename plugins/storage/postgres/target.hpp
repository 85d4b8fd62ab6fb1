// Which server a store lives on: a libpq connection string, checked and completed.
#pragma once

#include <slipway/status.hpp>
#include <slipway/values.hpp>
#include <string>

namespace slipway::postgres {

struct Timeouts {
  Duration statement = seconds(5);
  Duration lock = seconds(2);
  Duration idle_in_transaction = seconds(5);
};

struct Target {
  std::string connection;  // complete, for libpq
  std::string name;        // for people: database "slipway" on db1:5432,db2:5432
  Timeouts timeouts;
};

// Completes the string: only a server that takes writes (target_session_attrs=read-write), verify-full unless every
// host is local, limits for connecting and for a connection that has gone silent. Throws Error INVALID_ARGUMENT, with
// `field` as path, for what is no connection string, has a password in it, or weakens one of these.
Target parse_target(const std::string& connection, const std::string& field, const Timeouts& timeouts);

}  // namespace slipway::postgres
