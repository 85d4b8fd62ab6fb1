// plugin.json: what a plugin says of itself, read without running any of its code. Plain values.
#pragma once

#include <cstdint>
#include <map>
#include <slipway/json.hpp>
#include <string>
#include <string_view>
#include <vector>

#include "host/base/semver.hpp"
#include "host/manifest/permissions.hpp"

namespace slipway::manifest {

// "1.0" in the document.
struct AbiVersion {
  std::uint32_t major_number = 0;
  std::uint32_t minor_number = 0;
  auto operator<=>(const AbiVersion&) const = default;
};
std::string to_string(const AbiVersion& version);

struct AbiRange {
  AbiVersion min;
  AbiVersion max;
  bool operator==(const AbiRange&) const = default;
  static constexpr auto fields();
};

// How calls of one instance may overlap.
enum class Threading : std::uint8_t { serial, concurrent, blocking };
// Where an instance keeps what it must not lose.
enum class StateKind : std::uint8_t { stateless, external, snapshot };
// What becomes of a library that is no longer needed.
enum class Unload : std::uint8_t { unload, keep };

std::string_view name_of(Threading threading);

// Versions of the state's schema.
struct StateSchema {
  StateKind kind = StateKind::stateless;
  std::vector<std::uint32_t> reads;
  std::uint32_t writes = 0;  // 0: writes none
  bool operator==(const StateSchema&) const = default;
  static constexpr auto fields();
};

struct PluginManifest {
  std::string id;
  base::Version version;
  std::string description;
  AbiRange abi;
  std::string library;  // file name inside the package
  std::vector<std::string> interfaces;
  Threading threading = Threading::serial;
  Permissions permissions;
  Json config_schema;  // of an instance's configuration; draft 7
  StateSchema state;
  Unload unload = Unload::unload;
  std::map<std::string, base::VersionRange> needs;  // "requires": plugin id, to the versions that will do
  std::map<std::string, std::string> files;         // path inside the package to SHA-256; without plugin.json itself
  static constexpr auto fields();

  [[nodiscard]] bool provides(std::string_view interface) const;
};

// INVALID_ARGUMENT with every fault; the message has one line each, beginning with `source` and the line. At most 1
// MiB. Fields that this host does not know are ignored, so that newer packages can be read; "files" may be missing, as
// in the source of a plugin that is not packaged yet.
Result<PluginManifest> parse_plugin_manifest(std::string_view text, const std::string& source);

// The faults of an instance's configuration by the plugin's own schema; paths begin with "/".
Problems check_plugin_config(const PluginManifest& plugin, const Json& value);

// Empty when the plugin may run in a worker process; otherwise why not, with the way out.
std::string why_not_isolated(const PluginManifest& plugin);

// The JSON Schema of plugin.json, as text; sdk/schema/plugin.schema.json is a copy of it.
std::string plugin_schema_text();

}  // namespace slipway::manifest
