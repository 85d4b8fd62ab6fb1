// A profile: which plugins run, how they are configured, and by which names they are called. Plain values.
#pragma once

#include <filesystem>
#include <functional>
#include <map>
#include <optional>
#include <slipway/json.hpp>
#include <string>
#include <vector>

#include "host/base/semver.hpp"
#include "host/config/fault.hpp"
#include "host/config/source.hpp"
#include "host/config/templates.hpp"
#include "host/manifest/permissions.hpp"
#include "host/manifest/plugin_manifest.hpp"

namespace slipway::manifest {

enum class Placement : std::uint8_t { in_process, isolated };

struct ProfileName {
  std::string name;
  base::Version version;
  static constexpr auto fields();
};

// One configured use of a plugin.
struct Instance {
  std::string plugin;
  base::VersionRange version = *base::parse_range("*");
  Json config = Json::object();
  Placement placement = Placement::in_process;
  std::optional<Permissions> permissions;  // of what the plugin asks for; absent: all of it
  bool enabled = true;
  static constexpr auto fields();
};

// In a document also the instance's name alone.
struct Binding {
  std::string instance;
};

struct Notification {
  std::string binding;
  std::vector<std::string> events;  // "rollout.failed", "rollout.*", "*"
  static constexpr auto fields();
};

// Empty lists mean every one.
struct AppliesTo {
  std::vector<std::string> applications;
  std::vector<std::string> strategies;
  std::vector<std::string> actions;  // start, advance, promote
  static constexpr auto fields();
};

// A gate that every rollout it applies to must pass.
struct DefaultGate {
  std::string binding;
  Json settings = Json::object();
  AppliesTo applies_to;
  static constexpr auto fields();
};

struct Profile {
  ProfileName profile;
  std::map<std::string, Instance> plugins;
  std::map<std::string, Binding> bindings;
  std::vector<Notification> notifications;
  std::vector<DefaultGate> gates;
  static constexpr auto fields();
};

// The best installed version of a plugin, or the status that says why there is none (see not_installed). What it
// returns must stay valid until the profile is checked.
using FindPlugin = std::function<Result<const PluginManifest*>(const std::string& id, const base::VersionRange& range)>;

struct LoadedProfile {
  std::optional<Profile> profile;  // only without faults
  config::Faults faults;
  config::Faults warnings;
};

// Expands templates in every text, checks the form, the names across the document and, with `find`, each instance
// against the plugin it names: installed, its configuration, the interfaces its bindings need, permissions, and what
// the plugin requires. Every fault at once. Without `find` nothing is held against plugins.
LoadedProfile read_profile(const config::Source& source, const config::TemplateNames& names,
                           const FindPlugin& find = nullptr);
// The same from a file; may block on the disk.
LoadedProfile load_profile(const std::filesystem::path& path, const config::TemplateNames& names,
                           const FindPlugin& find = nullptr);

// NOT_FOUND: "strategy-canary ^2.0 is not installed; there is 1.4.1 in /usr/lib/slipway/plugins: install a version that
// fits or relax the range".
Status not_installed(const std::string& id, const base::VersionRange& range,
                     const std::vector<base::Version>& installed, const std::vector<std::string>& roots);

// The JSON Schema of profiles, as text; manifests/profile.schema.json is a copy of it.
std::string profile_schema_text();

}  // namespace slipway::manifest
