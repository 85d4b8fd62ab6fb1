// Which server a store lives on: a libpq connection string, checked and completed.
#pragma once

#include <atomic>
#include <cstdint>
#include <memory>
#include <slipway/status.hpp>
#include <slipway/values.hpp>
#include <string>
#include <vector>

#include "plugins/storage/postgres/watchdog.hpp"

namespace slipway::postgres {

struct Timeouts {
  Duration statement = seconds(5);
  Duration lock = seconds(2);
  Duration idle_in_transaction = seconds(5);
};

// The newest history of a database that this process has seen: a standby that becomes the primary begins a new one.
using Timeline = std::atomic<std::int64_t>;
// Whether nothing newer is known; then this is known from now on.
bool keep_newest(Timeline& newest, std::int64_t timeline);

struct Target {
  std::string connection;            // complete, for libpq
  std::vector<std::string> servers;  // the same for each host alone
  std::string name;                  // for people: database "slipway" on db1:5432,db2:5432
  Timeouts timeouts;
  std::shared_ptr<Timeline> newest = std::make_shared<Timeline>(0);
  std::shared_ptr<Watchdog> watchdog = std::make_shared<Watchdog>();
};

// Completes the string: only a server that takes writes (target_session_attrs=read-write), verify-full unless every
// host is local, limits for connecting and for a connection that has gone silent. Throws Error INVALID_ARGUMENT, with
// `field` as path, for what is no connection string, has a password in it, weakens one of these, or would let libpq
// take the server from a service file or the environment.
Target parse_target(const std::string& connection, const std::string& field, const Timeouts& timeouts);

}  // namespace slipway::postgres
