#include "host/lifecycle/plan.hpp"

#include <algorithm>
#include <set>
#include <string_view>

#include "host/config/fault.hpp"
#include "host/lifecycle/start_order.hpp"

namespace slipway::lifecycle {
namespace {

constexpr std::string_view kStorage = "storage";
constexpr std::string_view kSecrets = "secrets.*";

std::string path_of(const std::string& instance) { return config::child_path("/plugins", instance); }

using Planned = std::map<std::string, PlannedInstance>;

std::vector<std::string> bindings_of(const manifest::Profile& profile, const std::string& instance) {
  std::vector<std::string> names;
  for (const auto& [name, binding] : profile.bindings) {
    if (binding.instance == instance) names.push_back(name);
  }
  return names;
}

void check_config(const PlannedInstance& planned, Problems& problems) {
  for (Problem& problem : manifest::check_plugin_config(planned.package.manifest, planned.config)) {
    problem.path = path_of(planned.name) + "/config" + (problem.path == "/" ? "" : problem.path);
    problems.push_back(std::move(problem));
  }
}

manifest::Permissions granted(const manifest::Instance& instance, const manifest::PluginManifest& plugin) {
  return instance.permissions ? manifest::in_both(*instance.permissions, plugin.permissions) : plugin.permissions;
}

Planned resolve_all(const manifest::Profile& profile, const loader::Catalog& catalog, Problems& problems) {
  Planned planned;
  for (const auto& [name, instance] : profile.plugins) {
    if (!instance.enabled) continue;
    const auto found = catalog.resolve({profile.profile.name, name, instance.plugin, instance.version});
    if (!found.ok()) {
      problems.push_back({path_of(name), "", found.status().message});
      continue;
    }
    const loader::Installed& package = **found;
    PlannedInstance& one = planned[name];
    one = {.name = name,
           .package = package,
           .config = instance.config,
           .permissions = granted(instance, package.manifest),
           .bindings = bindings_of(profile, name),
           .needs = {},
           .placement = instance.placement};
    check_config(one, problems);
  }
  return planned;
}

bool matches(std::string_view pattern, std::string_view binding) {
  if (pattern.ends_with(".*")) return binding.starts_with(pattern.substr(0, pattern.size() - 1));
  return pattern == binding;
}

// The instances behind the bindings that the pattern names.
void add_bound(const manifest::Profile& profile, std::string_view pattern, std::set<std::string>& needs) {
  for (const auto& [name, binding] : profile.bindings) {
    if (matches(pattern, name)) needs.insert(binding.instance);
  }
}

void add_required(const Planned& all, const manifest::PluginManifest& plugin, std::set<std::string>& needs) {
  for (const auto& [name, other] : all) {
    const auto wanted = plugin.needs.find(other.package.manifest.id);
    if (wanted != plugin.needs.end() && wanted->second.contains(other.package.manifest.version)) needs.insert(name);
  }
}

std::vector<std::string> needs_of(const PlannedInstance& one, const Planned& all, const manifest::Profile& profile) {
  std::set<std::string> needs;
  add_required(all, one.package.manifest, needs);
  for (const std::string& pattern : one.permissions.bindings.allowed) add_bound(profile, pattern, needs);
  if (!one.permissions.secrets.allowed.empty()) add_bound(profile, kSecrets, needs);
  needs.erase(one.name);
  return {needs.begin(), needs.end()};
}

std::string storage_of(const manifest::Profile& profile) {
  const auto found = profile.bindings.find(std::string(kStorage));
  return found == profile.bindings.end() ? "" : found->second.instance;
}

Status refused(const manifest::Profile& profile, Problems problems) {
  return {Code::failed_precondition, "profile \"" + profile.profile.name + "\" cannot run on this host",
          std::move(problems)};
}

}  // namespace

Result<Plan> make_plan(const manifest::Profile& profile, const loader::Catalog& catalog) {
  Problems problems;
  Planned planned = resolve_all(profile, catalog, problems);
  Needs needs;
  for (auto& [name, one] : planned) needs[name] = one.needs = needs_of(one, planned, profile);
  const auto order = start_order(needs, storage_of(profile));
  if (!order.ok()) {
    problems.push_back({"/plugins", "",
                        "instances need one another in a circle: " + order.status().message +
                            "; take one of these bindings out of the permissions"});
  }
  if (!problems.empty()) return refused(profile, std::move(problems));
  Plan plan{profile.profile.name, {}};
  for (const std::string& name : *order) plan.instances.push_back(std::move(planned.at(name)));
  return plan;
}

}  // namespace slipway::lifecycle
