// The site configuration: what differs from machine to machine. Plain values.
#pragma once

#include <cstdint>
#include <filesystem>
#include <map>
#include <optional>
#include <slipway/json.hpp>
#include <slipway/settings.hpp>
#include <slipway/values.hpp>
#include <string>
#include <string_view>
#include <vector>

#include "host/config/fault.hpp"
#include "host/telemetry/log.hpp"

namespace slipway::config {

// The fields are listed with their documentation in site_fields.hpp; the values here are the defaults.
struct LogConfig {
  telemetry::LogFormat format = telemetry::LogFormat::text;
  telemetry::Level level = telemetry::Level::info;
  std::string file;
  bool operator==(const LogConfig&) const = default;
  static constexpr auto fields();
};

struct LimitsConfig {
  std::uint32_t header_bytes = 16'384;
  std::uint32_t body_bytes = 1'048'576;
  std::uint32_t connections = 256;
  std::uint32_t streams = 64;
  Duration request_timeout = seconds(30);
  Duration idle_timeout = seconds(75);
  bool operator==(const LimitsConfig&) const = default;
  static constexpr auto fields();
};

struct RolloutsConfig {
  std::uint32_t max_active = 1'000;
  bool operator==(const RolloutsConfig&) const = default;
  static constexpr auto fields();
};

// A publisher's key and the ids that it may sign.
struct TrustKey {
  std::string name;
  std::string public_key;  // or
  std::string file;
  std::vector<std::string> prefixes;
  bool operator==(const TrustKey&) const = default;
  static constexpr auto fields();
};

enum class RulePlacement : std::uint8_t { in_process, isolated };

struct TrustRule {
  std::vector<std::string> plugins;
  std::vector<RulePlacement> placements;
  Json permissions;  // null: no bound; else as in a profile
  bool operator==(const TrustRule&) const = default;
  static constexpr auto fields();
};

enum class LocalKey : std::uint8_t { in_development, trusted, refused };
enum class OnRevocation : std::uint8_t { report, retire };

struct TrustConfig {
  LocalKey local_key = LocalKey::in_development;
  std::vector<TrustKey> keys;
  std::vector<std::string> revoked_keys;
  std::vector<std::string> revoked_digests;
  OnRevocation on_revocation = OnRevocation::report;
  std::vector<TrustRule> rules;
  bool operator==(const TrustConfig&) const = default;
  static constexpr auto fields();
};

struct IsolationConfig {
  std::vector<std::string> required;  // protections, by the names under which a worker tells them
  std::uint32_t memory_mib = 512;
  std::uint32_t open_files = 256;
  Duration hang = seconds(10);
  bool operator==(const IsolationConfig&) const = default;
  static constexpr auto fields();
};

// When the host goes back from a change of what runs by itself.
struct BakeConfig {
  Duration time = seconds(30);
  Share faults = share(5);
  std::uint32_t calls = 20;
  bool operator==(const BakeConfig&) const = default;
  static constexpr auto fields();
};

// Where spans are sent.
struct OtlpConfig {
  std::string endpoint;                        // empty: nowhere
  std::map<std::string, std::string> headers;  // secrets
  Duration timeout = seconds(10);
  std::uint32_t queue = 2'048;
  std::uint32_t batch = 512;
  Duration interval = seconds(5);
  Share sample_ratio = share(100);
  std::string service_name = "slipwayd";
  bool operator==(const OtlpConfig&) const = default;
  static constexpr auto fields();
};

struct TelemetryConfig {
  OtlpConfig otlp;
  bool operator==(const TelemetryConfig&) const = default;
  static constexpr auto fields();
};

// This host among those that share its store.
struct HostConfig {
  std::string name;  // empty: the machine's
  Duration lease = seconds(10);
  bool operator==(const HostConfig&) const = default;
  static constexpr auto fields();
};

struct SiteConfig {
  std::string environment = "development";
  HostConfig host;
  std::string listen = "127.0.0.1:7070";
  std::string state_directory = "/var/lib/slipway";
  std::string run_directory = "/run/slipway";
  std::vector<std::string> plugin_roots{"/usr/lib/slipway/plugins"};
  std::string token_file = "${state_directory}/token";  // expanded in a configuration that was loaded
  LogConfig log;
  TelemetryConfig telemetry;
  LimitsConfig limits;
  TrustConfig trust;
  IsolationConfig isolation;
  BakeConfig bake;
  std::uint32_t threads = 0;
  std::uint32_t blocking_threads = 4;
  Duration shutdown_grace = seconds(4);
  Duration journal_retention = seconds(90 * 86'400);
  Duration events_retention = seconds(7 * 86'400);
  RolloutsConfig rollouts;
  bool operator==(const SiteConfig&) const = default;
  static constexpr auto fields();
};

// Where the host listens. Port 0: any free one.
struct Endpoint {
  std::string address;  // "127.0.0.1", "::1"
  std::uint16_t port = 0;
  bool operator==(const Endpoint&) const = default;
};

// "127.0.0.1:7070", "[::1]:7070". INVALID_ARGUMENT for anything but a loopback address with a port.
Result<Endpoint> parse_listen(std::string_view text);

// The layers, weakest first: defaults, <directory>/base.yaml, <directory>/<environment>.yaml, the site file, variables.
struct SiteSources {
  std::filesystem::path directory;  // empty: no base and no environment file
  std::filesystem::path site_file;  // empty: none
  std::string environment;          // empty: SLIPWAY_ENVIRONMENT, else the site file's or the base file's word
  std::map<std::string, std::string> variables;  // the process's environment
};

struct LoadedSite {
  std::optional<SiteConfig> config;  // only without faults
  Faults faults;
  std::vector<std::string> files;  // what was read, weakest first
};

// Reads, merges, expands templates, checks; every fault of every layer at once. May block on the disk.
LoadedSite load_site_config(const SiteSources& sources);

// What ${…} may name in a profile of this site: state_directory, run_directory, environment.
std::map<std::string, std::string> template_names(const SiteConfig& config);

// The JSON Schema, as text; config/site.schema.json is a copy of it.
std::string site_schema_text();

}  // namespace slipway::config
