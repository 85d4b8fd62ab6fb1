// The text of every file that HAProxy reads, from plain values. Pure functions; no I/O.
//
// The frontend knows no application: it finds the application by its Host header (hosts map), what to do with its
// traffic in one entry (routes map), header routes in a third map. So the frontend changes only when an application
// names a sticky header or cookie that none has named before, and backends only with an application.
#pragma once

#include <chrono>
#include <cstdint>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "plugins/providers/local/edge/route.hpp"

namespace slipway::local {

enum class ProxyMode {
  kManaged,   // the provider starts HAProxy, restarts and reloads it
  kExisting,  // somebody else does; the file is written to be included with -f
};

// Where the files and sockets of one HAProxy lie.
struct EdgePaths {
  std::string config, mirror_script, relay_script;             // written
  std::string hosts_map, routes_map, headers_map, checks_map;  // written, changed at run time too
  std::string runtime_socket, master_socket;                   // made by HAProxy
  std::string shadow_socket, relay_socket;                     // made by HAProxy, for itself
  bool operator==(const EdgePaths&) const = default;
};

// How long a side may be silent, or a request may wait; HAProxy's words.
struct EdgeTimeouts {
  using Time = std::chrono::milliseconds;
  Time connect{2000}, client{30'000}, server{30'000}, queue{5000}, http_request{10'000}, http_keep_alive{10'000};
  std::optional<Time> tunnel;  // without one, client and server hold for tunnels too
};

struct EdgeSettings {
  ProxyMode mode = ProxyMode::kManaged;
  std::string bind = "127.0.0.1:8080";
  std::uint32_t maxconn = 4000;
  std::uint32_t threads = 2;
  std::chrono::seconds hard_stop_after{30};
  EdgeTimeouts timeouts;
  std::uint32_t retries = 3;
  std::string records_socket;  // where somebody listens for access records; empty: no records
  EdgePaths paths;
};

enum class ServerCheck { kHttp, kTcp };

// How HAProxy asks a server: as patiently as its release says, or under load it takes out what the release calls ready.
struct CheckPace {
  std::chrono::milliseconds interval{1000}, timeout{1000};
  int successes = 1, failures = 3;
  auto operator<=>(const CheckPace&) const = default;
};

struct Server {
  std::string name;
  std::string address;  // "127.0.0.1:9104"
  CheckPace pace;
  auto operator<=>(const Server&) const = default;
};

struct Backend {
  std::string name;
  ServerCheck check = ServerCheck::kTcp;
  std::vector<Server> servers;
};

// One header route: requests of the application whose header matches go to the role, whatever the weights.
struct HeaderRoute {
  enum class Match { kExact, kPrefix, kPresent } match = Match::kExact;
  std::string header;
  std::string value;
  std::string role;  // "stable", "next" or "baseline"
  auto operator<=>(const HeaderRoute&) const = default;
};

struct Edge {
  std::vector<Backend> backends;
  std::set<std::string> sticky_headers, sticky_cookies;
  std::map<std::string, std::string> hosts;                       // Host header (lower case, or "*") -> application key
  std::map<std::string, Route> routes;                            // application key -> route
  std::map<std::string, std::vector<HeaderRoute>> header_routes;  // application key -> routes, first match wins
  std::map<std::string, std::string> check_paths;                 // backend -> path
};

// The words after the address of a server, the same in the file and at run time.
std::string server_options(const CheckPace& pace);

std::string config_text(const EdgeSettings& settings, const Edge& edge);
// The same without servers: what a running HAProxy cannot be told at run time. Another shape needs a reload.
std::string shape_text(const EdgeSettings& settings, const Edge& edge);

// The lines of a map as key and value, in order; `map_text` joins them to the file's text.
using MapLines = std::vector<std::pair<std::string, std::string>>;
MapLines hosts_lines(const Edge& edge);
MapLines routes_lines(const Edge& edge);
MapLines headers_lines(const Edge& edge);
MapLines checks_lines(const Edge& edge);
std::string map_text(const MapLines& lines);

// The Lua that copies sampled requests, with a cap on copies in flight.
std::string mirror_script(const EdgeSettings& settings);
std::string relay_script(const EdgeSettings& settings);

}  // namespace slipway::local
