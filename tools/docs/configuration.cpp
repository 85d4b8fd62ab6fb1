#include <algorithm>
#include <slipway/json.hpp>

#include "host/config/site_config.hpp"
#include "host/manifest/plugin_manifest.hpp"
#include "host/manifest/profile.hpp"
#include "tools/docs/fields.hpp"
#include "tools/docs/markdown.hpp"
#include "tools/docs/pages.hpp"

namespace slipway::docs {
namespace {

std::string schema_table(const std::string& schema_text) {
  return fields_table(rows_of_schema(value_or_throw(parse_json(schema_text))));
}

std::vector<std::filesystem::path> plugin_files(const std::filesystem::path& root) {
  std::vector<std::filesystem::path> files;
  for (const auto& kind : std::filesystem::directory_iterator(root / "plugins")) {
    if (!kind.is_directory()) continue;
    for (const auto& plugin : std::filesystem::directory_iterator(kind)) {
      if (std::filesystem::exists(plugin.path() / "plugin.json")) files.push_back(plugin.path() / "plugin.json");
    }
  }
  std::ranges::sort(files);
  return files;
}

std::string interfaces_of(const Json& plugin) {
  std::string text;
  for (const Json& id : plugin["interfaces"]) text += (text.empty() ? "" : ", ") + code(id.get<std::string>());
  return text;
}

// A list of names, or an object whose keys are the names.
std::string permissions_of(const Json& plugin) {
  const Json permissions = plugin.value("permissions", Json::array());
  std::string text;
  for (const auto& [name, value] : permissions.items())
    text += (text.empty() ? "" : ", ") + code(permissions.is_array() ? value.get<std::string>() : name);
  return text.empty() ? "none" : text;
}

std::string plugin_section(const Json& plugin) {
  return "### " + plugin.value("id", "") + "\n\n" + plugin.value("description", "") +
         (plugin.contains("description") ? "\n\n" : "") + "Provides " + interfaces_of(plugin) +
         ". Threading: " + plugin.value("threading", "serial") + ". Permissions: " + permissions_of(plugin) + ".\n\n" +
         fields_table(rows_of_schema(plugin.value("config", Json::object())));
}

constexpr std::string_view kSite = R"(## Site configuration

What differs from machine to machine. The layers, weakest first: the defaults below, `base.yaml` and
`<environment>.yaml` of the configuration folder, the file given with `--config`, and variables of the environment:
`SLIPWAY_LIMITS__BODY_BYTES` is `limits.body_bytes`. The schema is `config/site.schema.json`.

Every variable that begins with `SLIPWAY_` is a setting, and one that names no field is refused, so that a misspelt setting
is never passed over. The exceptions are what `slipway` and the command line of `slipwayd` read (`SLIPWAY_URL`,
`SLIPWAY_TOKEN`, `SLIPWAY_TOKEN_FILE`, `SLIPWAY_TENANT`, `SLIPWAY_OUTPUT`, `SLIPWAY_CONFIG`, `SLIPWAY_PROFILE`,
`SLIPWAY_CONFIG_DIRECTORY`, `SLIPWAY_KEY_DIRECTORY`), what replicas are given (`SLIPWAY_APPLICATION`, `SLIPWAY_RELEASE`,
`SLIPWAY_REPLICA`), and secrets (`SLIPWAY_SECRET_`…). So `token_file` has no variable: `SLIPWAY_TOKEN_FILE` is the command
line's, and often names the token of another host.

)";

constexpr std::string_view kProfile = R"(## Profile

Which plugins run, how they are configured, and by which names they are called. The schema is
`manifests/profile.schema.json`. Texts may name `${state_directory}`, `${run_directory}` and `${environment}` of the site.

)";

constexpr std::string_view kManifest = R"(## plugin.json

What a package says of itself; read and checked before any of its code runs. The schema is
`sdk/schema/plugin.schema.json`.

)";

constexpr std::string_view kPlugins = R"(## Plugins

Each instance in a profile takes its `config` by the plugin's own schema. Of strategies and analyzers the configuration
holds defaults: what an application or a rollout says is merged over it.

)";

}  // namespace

void add_configuration(Pages& pages, const std::filesystem::path& root) {
  std::string text = title("Configuration") + std::string(kSite) + schema_table(config::site_schema_text()) +
                     std::string(kProfile) + schema_table(manifest::profile_schema_text()) + std::string(kManifest) +
                     schema_table(manifest::plugin_schema_text()) + std::string(kPlugins);
  for (const auto& file : plugin_files(root)) text += plugin_section(value_or_throw(parse_json(source_text(file))));
  pages.push_back({"reference/configuration.md", std::move(text)});
}

}  // namespace slipway::docs
