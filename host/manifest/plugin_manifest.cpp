#include "host/manifest/plugin_manifest.hpp"

#include <algorithm>
#include <filesystem>

#include "host/base/sha256.hpp"
#include "host/config/layers.hpp"
#include "host/config/typed.hpp"
#include "host/manifest/manifest_fields.hpp"
#include "host/manifest/schemas.hpp"

namespace slipway::manifest {
namespace {

bool is_inner_path(const std::string& text) {
  if (text.empty() || text.size() > 512 || text.find('\\') != text.npos) return false;
  const std::filesystem::path path(text);
  return path.is_relative() &&
         std::ranges::all_of(path, [](const auto& part) { return !part.empty() && part != "." && part != ".."; });
}

void check_files(const PluginManifest& plugin, Problems& problems) {
  for (const auto& [path, digest] : plugin.files) {
    const std::string where = config::child_path("/files", path);
    if (!is_inner_path(path)) problems.push_back({where, "", "is no path inside the package"});
    if (!base::is_sha256_hex(digest)) {
      problems.push_back(
          {where, config::clip(to_text(Json(digest))), "want a SHA-256 as 64 lower-case hexadecimal digits"});
    }
  }
  if (plugin.files.empty() || plugin.files.contains(plugin.library)) return;
  problems.push_back({"/library", to_text(Json(plugin.library)), "want a file that is listed in /files"});
}

void check_schema(const PluginManifest& plugin, Problems& problems) {
  if (plugin.config_schema.is_null()) return;
  const auto schema = config::Schema::parse(plugin.config_schema);
  if (!schema.ok()) problems.push_back({"/config", "", schema.status().message});
}

void check_abi(const PluginManifest& plugin, Problems& problems) {
  if (plugin.abi.min <= plugin.abi.max) return;
  problems.push_back({"/abi/min", "\"" + to_string(plugin.abi.min) + "\"",
                      "want at most /abi/max, which is \"" + to_string(plugin.abi.max) + "\""});
}

void check_interfaces(const PluginManifest& plugin, Problems& problems) {
  for (std::size_t i = 0; i < plugin.interfaces.size(); ++i) {
    const auto first = std::ranges::find(plugin.interfaces, plugin.interfaces[i]) - plugin.interfaces.begin();
    if (static_cast<std::size_t>(first) == i) continue;
    problems.push_back(
        {"/interfaces/" + std::to_string(i), to_text(Json(plugin.interfaces[i])), "want each interface once"});
  }
}

const config::Schema& schema_of_plugins() {
  static const config::Schema kept_schema = *config::Schema::parse(plugin_schema());
  return kept_schema;
}

}  // namespace

std::string to_string(const AbiVersion& version) {
  return std::to_string(version.major_number) + "." + std::to_string(version.minor_number);
}

std::string_view name_of(Threading threading) { return to_name(threading); }

bool PluginManifest::provides(std::string_view interface) const {
  return std::ranges::find(interfaces, interface) != interfaces.end();
}

Result<PluginManifest> parse_plugin_manifest(std::string_view text, const std::string& source) {
  const config::Source read = config::parse_source(source, text, config::Syntax::json);
  if (!read.faults.empty()) return Status(Code::invalid_argument, config::to_string(read.faults));
  config::Layers layers;
  layers.add(read);
  Problems problems;
  auto plugin = config::read_typed<PluginManifest>(read.value, schema_of_plugins(), problems);
  Problems more;
  for (auto* check : {check_files, check_schema, check_abi, check_interfaces}) check(plugin, more);
  for (Problem& problem : more) {
    if (!config::is_told(problems, problem.path)) problems.push_back(std::move(problem));
  }
  if (problems.empty()) return plugin;
  config::Faults faults;
  for (const Problem& problem : problems) faults.push_back(layers.fault(problem));
  return Status(Code::invalid_argument, config::to_string(faults), std::move(problems));
}

Problems check_plugin_config(const PluginManifest& plugin, const Json& value) {
  if (plugin.config_schema.is_null()) {
    if (value.empty()) return {};
    return {{"/", config::clip(to_text(value)), "want nothing: " + plugin.id + " has no configuration"}};
  }
  const auto schema = config::Schema::parse(plugin.config_schema);
  if (!schema.ok()) return {{"/", "", schema.status().message}};
  return schema->check(value);
}

std::string why_not_isolated(const PluginManifest& plugin) {
  if (plugin.permissions.processes.allowed.empty()) return {};
  return plugin.id +
         " asks for the permission \"processes\", and no isolated plugin starts programs; leave out \"placement\" to "
         "run "
         "it in the process of the host";
}

}  // namespace slipway::manifest
