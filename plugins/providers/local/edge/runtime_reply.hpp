// What HAProxy's command line answers, told apart by its texts: it has no reply codes. Pure functions.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace slipway::local {

enum class Reply {
  kDone,  // an empty line, or one of the sentences of success
  kNoSuchBackend,
  kNoSuchServer,
  kAlreadyExists,
  kStillConnected,  // del server: try again
  kNotInMaintenance,
  kNoEntry,  // set map on a key that is not there
  kUnknownMap,
  kRefused,  // anything else
};

Reply classify(std::string_view text);

// One row of `show stat`.
struct StatRow {
  std::string backend, server;  // server is "BACKEND" or "FRONTEND" in a summary row
  std::string status;           // "UP", "DOWN", "DRAIN", "MAINT", "no check", "UP 1/2" and so on
  std::string check;            // "L7OK", "L4OK", "L4CON", "" before the first check
  std::string check_text;       // "Layer7 timeout", "HTTP status 503"
  std::string address;
  std::uint64_t sessions = 0, queued = 0;
};
std::vector<StatRow> parse_stat(std::string_view csv);

// `show proc` of the master.
struct ProcessTable {
  int master = 0;
  int worker = 0;                // the current one; 0 when there is none
  std::vector<int> old_workers;  // leaving, but still serving the connections they hold
  int failed_reloads = 0;
};
ProcessTable parse_processes(std::string_view text);

// The value of `get map`; nothing when the key has none.
std::optional<std::string> parse_map_value(std::string_view text);

}  // namespace slipway::local
