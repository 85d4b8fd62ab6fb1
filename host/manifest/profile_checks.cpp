#include "host/manifest/profile_checks.hpp"

#include <algorithm>

#include "host/manifest/kinds.hpp"

namespace slipway::manifest {
namespace {

using config::child_path;

std::string in_json(const std::string& text) { return config::clip(to_text(Json(text))); }

template <class Map>
std::vector<std::string> keys_of(const Map& map) {
  std::vector<std::string> keys;
  for (const auto& [key, ignored] : map) keys.push_back(key);
  return keys;
}

std::string near(const std::string& wrong, const std::vector<std::string>& names) {
  const auto found = config::nearest_name(wrong, names);
  return found.empty() ? "" : "; did you mean \"" + found + "\"?";
}

void check_instance_names(const Profile& profile, Problems& faults) {
  for (const auto& [name, ignored] : profile.plugins) {
    if (!is_name(name))
      faults.push_back(
          {child_path("/plugins", name), "", "is no name for an instance; want a-z, 0-9 and \"-\", at most 63"});
  }
}

void check_binding_name(const std::string& name, const std::string& path, Problems& faults) {
  if (kind_of(name) != nullptr) return;
  const auto meant = nearest_binding(name);
  std::string kinds;
  for (const auto& kind : kind_names()) kinds += (kinds.empty() ? "" : ", ") + kind;
  faults.push_back(
      {path, "",
       "is no name of a binding; " + (meant.empty() ? "want a kind, or a kind, a dot and a name; kinds are " + kinds
                                                    : "did you mean \"" + meant + "\"?")});
}

void check_bindings(const Profile& profile, Problems& faults) {
  for (const auto& [name, binding] : profile.bindings) {
    const std::string path = child_path("/bindings", name);
    check_binding_name(name, path, faults);
    const auto found = profile.plugins.find(binding.instance);
    if (found == profile.plugins.end()) {
      faults.push_back({path, in_json(binding.instance),
                        "want an instance of /plugins" + near(binding.instance, keys_of(profile.plugins))});
    } else if (!found->second.enabled) {
      faults.push_back(
          {path, in_json(binding.instance), "want an instance that is enabled; enable it or remove the binding"});
    }
  }
  if (!profile.bindings.contains("storage"))
    faults.push_back({"/bindings/storage", "", "is missing; the host keeps its journal there"});
}

void check_use(const Profile& profile, const std::string& binding, std::string_view kind, const std::string& path,
               Problems& faults) {
  const auto* const found = kind_of(binding);
  if (profile.bindings.contains(binding) && found != nullptr && found->name == kind) return;
  std::vector<std::string> fitting;
  for (const auto& [name, ignored] : profile.bindings) {
    if (const auto* one = kind_of(name); one != nullptr && one->name == kind) fitting.push_back(name);
  }
  faults.push_back(
      {path, in_json(binding), "want a " + std::string(kind) + " binding of /bindings" + near(binding, fitting)});
}

void check_uses(const Profile& profile, Problems& faults) {
  for (std::size_t i = 0; i < profile.notifications.size(); ++i) {
    check_use(profile, profile.notifications[i].binding, "notifiers",
              "/notifications/" + std::to_string(i) + "/binding", faults);
  }
  for (std::size_t i = 0; i < profile.gates.size(); ++i) {
    check_use(profile, profile.gates[i].binding, "gates", "/gates/" + std::to_string(i) + "/binding", faults);
  }
}

void warn_of_unused(const Profile& profile, Problems& warnings) {
  for (const auto& [name, instance] : profile.plugins) {
    const bool used =
        std::ranges::any_of(profile.bindings, [&](const auto& entry) { return entry.second.instance == name; });
    if (!used && instance.enabled)
      warnings.push_back({child_path("/plugins", name), "", "is bound to no name, so nothing will call it"});
  }
}

using Found = std::map<std::string, const PluginManifest*>;

void check_configuration(const std::string& name, const Instance& instance, const PluginManifest& plugin,
                         Problems& faults) {
  const std::string path = child_path("/plugins", name) + "/config";
  for (Problem& problem : check_plugin_config(plugin, instance.config)) {
    problem.path = problem.path == "/" ? path : path + problem.path;
    faults.push_back(std::move(problem));
  }
}

void check_placement(const std::string& name, const Instance& instance, const PluginManifest& plugin,
                     Problems& faults) {
  if (instance.placement != Placement::isolated) return;
  const std::string why = why_not_isolated(plugin);
  if (!why.empty()) faults.push_back({child_path("/plugins", name) + "/placement", "\"isolated\"", why});
}

// No fault: a newer version within the range may ask for less, and a host that then did not start would be worse.
void warn_of_unasked(const std::string& name, const Instance& instance, const PluginManifest& plugin,
                     Problems& warnings) {
  if (!instance.permissions) return;
  const auto unasked = missing(*instance.permissions, plugin.permissions);
  if (unasked.empty()) return;
  warnings.push_back({child_path("/plugins", name) + "/permissions", "",
                      plugin.id + " " + base::to_string(plugin.version) + " does not ask for " + unasked +
                          " in its plugin.json; only what both say is granted"});
}

// What blocks its threads may well have a client of its own, whose sockets no name opens; others ask the host.
void warn_of_sockets(const std::string& name, const Instance& instance, const PluginManifest& plugin,
                     Problems& warnings) {
  if (instance.placement != Placement::isolated || plugin.threading != Threading::blocking) return;
  const Permissions granted =
      instance.permissions ? in_both(*instance.permissions, plugin.permissions) : plugin.permissions;
  if (granted.network.allowed.empty() || covers(granted.network, "*")) return;
  warnings.push_back({child_path("/plugins", name) + "/permissions", "",
                      "\"network\" by name opens no sockets to an isolated plugin, only the host's HTTP client; if " +
                          plugin.id + " connects by itself, grant \"*\" or leave out \"placement\""});
}

Found find_all(const Profile& profile, const FindPlugin& find, Problems& faults) {
  Found found;
  for (const auto& [name, instance] : profile.plugins) {
    if (!instance.enabled || instance.plugin.empty()) continue;
    auto plugin = find(instance.plugin, instance.version);
    if (plugin.ok()) {
      found[name] = *plugin;
    } else {
      faults.push_back({child_path("/plugins", name) + "/plugin", "", plugin.status().message});
    }
  }
  return found;
}

void check_interfaces(const Profile& profile, const Found& found, Problems& faults) {
  for (const auto& [name, binding] : profile.bindings) {
    const auto* const kind = kind_of(name);
    const auto plugin = found.find(binding.instance);
    if (kind == nullptr || plugin == found.end() || plugin->second->provides(kind->interface)) continue;
    std::string provided;
    for (const auto& id : plugin->second->interfaces) provided += (provided.empty() ? "" : ", ") + id;
    faults.push_back({child_path("/bindings", name), in_json(binding.instance),
                      "want an instance that provides " + std::string(kind->interface) + "; " + plugin->second->id +
                          " provides " + provided});
  }
}

void check_needs(const std::string& name, const PluginManifest& plugin, const Found& found, Problems& faults) {
  for (const auto& [id, range] : plugin.needs) {
    const bool there = std::ranges::any_of(
        found, [&](const auto& entry) { return entry.second->id == id && range.contains(entry.second->version); });
    if (there) continue;
    faults.push_back({child_path("/plugins", name), "",
                      plugin.id + " requires " + id + " " + range.text() + ", which no enabled instance is"});
  }
}

}  // namespace

void check_names(const Profile& profile, Problems& faults, Problems& warnings) {
  check_instance_names(profile, faults);
  check_bindings(profile, faults);
  check_uses(profile, faults);
  warn_of_unused(profile, warnings);
}

void check_plugins(const Profile& profile, const FindPlugin& find, Problems& faults, Problems& warnings) {
  const Found found = find_all(profile, find, faults);
  for (const auto& [name, plugin] : found) {
    check_configuration(name, profile.plugins.at(name), *plugin, faults);
    warn_of_unasked(name, profile.plugins.at(name), *plugin, warnings);
    warn_of_sockets(name, profile.plugins.at(name), *plugin, warnings);
    check_placement(name, profile.plugins.at(name), *plugin, faults);
    check_needs(name, *plugin, found, faults);
  }
  check_interfaces(profile, found, faults);
}

}  // namespace slipway::manifest
