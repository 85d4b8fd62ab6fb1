#include "host/app/as_it_ran.hpp"

#include "host/app/configuration.hpp"

namespace slipway::app {

lifecycle::Versions versions_of(const lifecycle::Plan& plan) {
  lifecycle::Versions versions;
  for (const lifecycle::PlannedInstance& one : plan.instances)
    versions[one.name] = base::to_string(one.package.manifest.version);
  return versions;
}

std::string moved_versions(const lifecycle::Versions& before, const lifecycle::Versions& now) {
  std::string moved;
  for (const auto& [name, version] : now) {
    const auto old = before.find(name);
    if (old == before.end() || old->second == version) continue;
    moved += (moved.empty() ? "" : ", ") + name + " " + old->second + " -> " + version;
  }
  return moved;
}

Json as_it_ran(Json document, const lifecycle::Versions& ran, const config::SiteConfig& site,
               const std::map<std::string, std::string>& variables, std::vector<std::string>& told) {
  const auto by_now = check_profile(document, "the profile", site, variables);
  if (!by_now.ok()) return document;
  const auto find = by_now->in_force.catalog->finder();
  for (const auto& [name, version] : versions_of(by_now->in_force.plan)) {
    const auto before = ran.find(name);
    if (before == ran.end() || before->second == version) continue;
    const std::string& plugin = by_now->in_force.profile.plugins.at(name).plugin;
    const auto exactly = base::parse_range(before->second);
    if (exactly && find(plugin, *exactly).ok())
      document["plugins"][name]["version"] = before->second;
    else
      told.push_back("\"" + name + "\" ran " + plugin + " " + before->second +
                     ", which is not installed any more; it runs in " + version);
  }
  return document;
}

}  // namespace slipway::app
