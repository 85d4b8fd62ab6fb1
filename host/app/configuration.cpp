#include "host/app/configuration.hpp"

#include <unistd.h>

#include "host/base/sha256.hpp"
#include "host/config/fault.hpp"
#include "host/config/source.hpp"

namespace slipway::app {
namespace {

void add(std::vector<std::string>& lines, const config::Faults& faults) {
  for (const config::Fault& fault : faults) lines.push_back(config::to_string(fault));
}

std::vector<std::filesystem::path> roots_of(const config::SiteConfig& site) {
  return {site.plugin_roots.begin(), site.plugin_roots.end()};
}

void load_profile(Configuration& to, const Sources& sources) {
  const config::TemplateNames names{config::template_names(to.site), sources.site.variables};
  // Where plugins are installed is the site's word; without a valid one nothing is held against them.
  const auto find = to.faults.empty() ? to.catalog->finder() : manifest::FindPlugin();
  auto loaded = manifest::load_profile(sources.profile, names, find);
  add(to.faults, loaded.faults);
  add(to.warnings, loaded.warnings);
  if (!loaded.profile) return;
  to.profile = std::move(*loaded.profile);
  // Shown as it was written: what ${env:…} stands for stays where it is.
  to.profile_document = config::read_source(sources.profile).value;
  to.profile_digest = base::sha256_hex(to_text(to.profile_document));
}

void plan(Configuration& to, const Sources& sources) {
  auto made = lifecycle::make_plan(to.profile, *to.catalog);
  if (made.ok()) {
    to.plan = std::move(*made);
    return;
  }
  const Status status = made.status();
  for (const Problem& problem : status.problems)
    to.faults.push_back(sources.profile.string() + ": " + problem.path + ": " + problem.message);
  if (status.problems.empty()) to.faults.push_back(sources.profile.string() + ": " + status.message);
}

}  // namespace

Configuration load_configuration(const Sources& sources) {
  Configuration result;
  auto site = config::load_site_config(sources.site);
  add(result.faults, site.faults);
  // Without a valid site the profile is still read against the defaults, so that its own faults are told in the same
  // go.
  if (site.config) result.site = std::move(*site.config);
  result.catalog = std::make_shared<const loader::Catalog>(loader::Catalog::scan(roots_of(result.site)));
  for (const loader::PackageFault& fault : result.catalog->faults())
    result.warnings.push_back(fault.folder.string() + ": " + fault.status.message);
  load_profile(result, sources);
  if (result.faults.empty()) plan(result, sources);
  return result;
}

std::map<std::string, std::string> environment_variables() {
  std::map<std::string, std::string> variables;
  for (char** entry = environ; *entry != nullptr; ++entry) {
    const std::string_view text(*entry);
    if (const auto equal = text.find('='); equal != text.npos)
      variables.emplace(text.substr(0, equal), text.substr(equal + 1));
  }
  return variables;
}

}  // namespace slipway::app
