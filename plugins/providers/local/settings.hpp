// The plugin's configuration, as in the profile.
#pragma once

#include <optional>
#include <slipway/document.hpp>
#include <string>

namespace slipway::local {

enum class HaproxyMode { managed, existing };
constexpr auto enum_names(HaproxyMode) {
  return std::array<EnumName<HaproxyMode>, 2>{{{HaproxyMode::managed, "managed"}, {HaproxyMode::existing, "existing"}}};
}

// HAProxy's own names and meanings.
struct TimeoutsConfig {
  Duration connect = seconds(2);
  Duration client = seconds(30);
  Duration server = seconds(30);
  Duration queue = seconds(5);
  Duration http_request = seconds(10);
  Duration http_keep_alive = seconds(10);
  std::optional<Duration> tunnel;
  static constexpr auto fields() {
    return slipway::fields(
        field("connect", &TimeoutsConfig::connect, "Until a replica takes a connection."),
        field("client", &TimeoutsConfig::client, "Silence of a client in the middle of a request or an answer."),
        field("server", &TimeoutsConfig::server,
              "Silence of a replica before or in the middle of its answer; then 504."),
        field("queue", &TimeoutsConfig::queue, "Until a replica is free; then 503."),
        field("http_request", &TimeoutsConfig::http_request, "Until a request's headers are there whole; then 408."),
        field("http_keep_alive", &TimeoutsConfig::http_keep_alive, "Until a client's next request on a connection."),
        field("tunnel", &TimeoutsConfig::tunnel,
              "Silence of both sides of a WebSocket or another upgraded connection; absent: as client and server."));
  }
};

struct HaproxyConfig {
  HaproxyMode mode = HaproxyMode::managed;
  std::string binary = "haproxy";
  std::string bind = "127.0.0.1:8080";
  std::string runtime_socket;
  std::string master_socket;
  std::string records_socket;
  std::int64_t maxconn = 4000;
  std::int64_t threads = 2;
  Duration hard_stop_after = seconds(30);
  TimeoutsConfig timeouts;
  std::int64_t retries = 3;
  static constexpr auto fields() {
    return slipway::fields(
        field(
            "mode", &HaproxyConfig::mode,
            "managed: started, restarted and reloaded here; existing: somebody else's, which loads our file with -f."),
        field("binary", &HaproxyConfig::binary, "The program of a managed HAProxy.", between(1, 4096)),
        field("bind", &HaproxyConfig::bind, "address:port where traffic comes in.", between(1, 256)),
        field("runtime_socket", &HaproxyConfig::runtime_socket,
              "Its command socket, level admin; empty for one in run_directory.", at_most(107)),
        field("master_socket", &HaproxyConfig::master_socket,
              "Its master's socket; empty for one in run_directory, or none when existing.", at_most(107)),
        field("records_socket", &HaproxyConfig::records_socket,
              "UNIX socket where somebody takes access records; empty for no records.", at_most(107)),
        field("maxconn", &HaproxyConfig::maxconn, "Connections at once.", between(16, 1'000'000)),
        field("threads", &HaproxyConfig::threads, "Threads of HAProxy.", between(1, 64)),
        field("hard_stop_after", &HaproxyConfig::hard_stop_after, "How long a worker may go on after a reload."),
        field("timeouts", &HaproxyConfig::timeouts,
              "How long it waits, each from 1ms to 576h. A change is one reload; what is under way keeps the old ones "
              "for hard_stop_after at most."),
        field(
            "retries", &HaproxyConfig::retries,
            "How often a connection to a replica that fails is tried again, at another one; no request is sent twice.",
            between(0, 100)));
  }
};

struct PortsConfig {
  std::int32_t first = 20000;
  std::int32_t last = 29999;
  static constexpr auto fields() {
    return slipway::fields(field("first", &PortsConfig::first, "Smallest port of a replica.", between(1024, 65535)),
                           field("last", &PortsConfig::last, "Largest port of a replica.", between(1024, 65535)));
  }
};

struct LogsConfig {
  std::int64_t max_bytes = 10 << 20;
  std::int32_t keep = 3;
  static constexpr auto fields() {
    return slipway::fields(
        field("max_bytes", &LogsConfig::max_bytes, "A replica's log is rotated when it is larger.", at_least(4096)),
        field("keep", &LogsConfig::keep, "Rotated logs that are kept.", between(0, 100)));
  }
};

struct StickyConfig {
  std::string header = "x-user";
  std::string cookie = "slipway_id";
  static constexpr auto fields() {
    return slipway::fields(
        field("header", &StickyConfig::header, "Request header that names the user; empty for none.", at_most(128)),
        field("cookie", &StickyConfig::cookie, "Cookie that names a user without that header; empty for none.",
              at_most(128)));
  }
};

struct RestartConfig {
  Duration first = milliseconds(500);
  Duration longest = seconds(30);
  Duration forgiven_after = seconds(60);
  std::int32_t crash_loop_at = 3;
  static constexpr auto fields() {
    return slipway::fields(
        field("first", &RestartConfig::first, "Wait before the first restart; it doubles."),
        field("longest", &RestartConfig::longest, "Longest wait."),
        field("forgiven_after", &RestartConfig::forgiven_after, "A run as long as this ends the series."),
        field("crash_loop_at", &RestartConfig::crash_loop_at, "Ends in a row that count as a crash loop.",
              between(1, 100)));
  }
};

struct PoolConfig {
  std::string name;
  std::string machine;
  std::string address;
  std::int32_t capacity = 1000;
  Duration lease = seconds(10);
  static constexpr auto fields() {
    return slipway::fields(
        field("name", &PoolConfig::name, "The pool that this machine is of; empty: none, it works alone.", at_most(40)),
        field("machine", &PoolConfig::machine, "Its name there; empty for the machine's own.", at_most(63)),
        field("address", &PoolConfig::address,
              "IPv4 address where the pool's other machines reach its replicas; ${ADDRESS} in a release.", at_most(15)),
        field("capacity", &PoolConfig::capacity, "Replicas of one application that it takes.", between(0, 10'000)),
        field("lease", &PoolConfig::lease, "It counts as dead when it has been silent for so long."));
  }
};

struct Settings {
  std::string state_directory = "/var/lib/slipway/local";
  std::string run_directory = "/run/slipway";
  HaproxyConfig haproxy;
  PortsConfig ports;
  LogsConfig logs;
  StickyConfig sticky;
  RestartConfig restart;
  Duration drain_deadline = seconds(30);
  PoolConfig pool;
  static constexpr auto fields() {
    return slipway::fields(
        field("state_directory", &Settings::state_directory,
              "Where applications, artefacts, work folders and logs lie; an absolute path.", between(1, 3000)),
        field("run_directory", &Settings::run_directory,
              "Where HAProxy's files and sockets lie; an absolute path of at most 80 bytes.", between(1, 80)),
        field("haproxy", &Settings::haproxy, "The proxy."), field("ports", &Settings::ports, "Ports of replicas."),
        field("logs", &Settings::logs, "Logs of replicas."),
        field("sticky", &Settings::sticky, "How users are told apart."),
        field("restart", &Settings::restart, "How replicas that end by themselves are started again."),
        field("drain_deadline", &Settings::drain_deadline, "How long a leaving replica's requests are waited for."),
        field("pool", &Settings::pool, "Machines that run applications together; every one of them has a host."));
  }
};

}  // namespace slipway::local
