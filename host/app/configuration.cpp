#include "host/app/configuration.hpp"

#include <optional>
#include <utility>

#include "host/app/as_it_ran.hpp"
#include "host/app/trust.hpp"
#include "host/base/sha256.hpp"
#include "host/config/fault.hpp"
#include "host/config/source.hpp"
#include "host/lifecycle/revisions.hpp"
#include "host/loader/key_files.hpp"
#include "host/loader/trust_settings.hpp"

namespace slipway::app {
namespace {

using Variables = std::map<std::string, std::string>;

void add(std::vector<std::string>& lines, const config::Faults& faults) {
  for (const config::Fault& fault : faults) lines.push_back(config::to_string(fault));
}

std::vector<std::filesystem::path> roots_of(const config::SiteConfig& site) {
  return {site.plugin_roots.begin(), site.plugin_roots.end()};
}

std::string digest_of(const Json& document) { return base::sha256_hex(to_text(document)); }

// The revision before the newest one, when the host ended while it watched that one.
std::optional<lifecycle::Revision> before_watched(const lifecycle::Revisions& revisions, std::int64_t newest) {
  if (!revisions.watched().contains(newest)) return std::nullopt;
  auto before = revisions.list(newest, 1);
  if (!before.ok() || before->empty()) return std::nullopt;
  return std::move(before->front());
}

// Which document counts at a start.
config::Source choose(const Sources& sources, const config::SiteConfig& site, ProfileFrom from, Configuration& to) {
  config::Source file = config::read_source(sources.profile);
  to.in_force.file_digest = digest_of(file.value);
  if (from == ProfileFrom::file) return file;
  const lifecycle::Revisions revisions(revisions_folder(site));
  auto newest = revisions.newest();
  if (!newest.ok()) {
    to.faults.push_back(newest.status().message + "; start once with --take-profile to go by the file");
    return file;
  }
  if (!newest->has_value() || (*newest)->file_digest != to.in_force.file_digest) return file;
  lifecycle::Revision chosen = std::move(**newest);
  if (const auto before = before_watched(revisions, chosen.number)) {
    to.in_force.returned_from = std::exchange(chosen, *before).number;
    chosen.profile = as_it_ran(std::move(chosen.profile), chosen.versions, site, sources.site.variables, to.warnings);
  } else {
    to.in_force.revision = chosen.number;
    to.in_force.since = chosen.at;
  }
  config::Source source;
  source.file = "revision " + std::to_string(chosen.number) + " of the profile";
  source.value = std::move(chosen.profile);
  return source;
}

void load_profile(Configuration& to, const Sources& sources, ProfileFrom from) {
  const config::Source source = choose(sources, to.site, from, to);
  const config::TemplateNames names{config::template_names(to.site), sources.site.variables};
  // Where plugins are installed is the site's word; without a valid one nothing is held against them.
  const auto find = to.faults.empty() ? to.in_force.catalog->finder() : manifest::FindPlugin();
  auto loaded = manifest::read_profile(source, names, find);
  add(to.faults, loaded.faults);
  add(to.warnings, loaded.warnings);
  if (!loaded.profile) return;
  to.in_force.profile = std::move(*loaded.profile);
  to.in_force.document = source.value;
  to.in_force.digest = digest_of(source.value);
}

void load_trust(Configuration& to, const Sources& sources) {
  auto loaded = loader::load_trust(to.site, loader::key_directory(sources.site.variables));
  to.trust = std::move(loaded.policy);
  for (const Problem& problem : loaded.problems)
    to.faults.push_back(config::to_string(config::Fault{{"site configuration", 0}, problem}));
}

void check_trust(Configuration& to, const Sources& sources) {
  for (const Problem& problem : refused_uses(to.in_force, *to.trust))
    to.faults.push_back(sources.profile.string() + ": " + problem.path + ": " + problem.message);
}

void plan(Configuration& to, const Sources& sources) {
  auto made = lifecycle::make_plan(to.in_force.profile, *to.in_force.catalog);
  if (made.ok()) {
    to.in_force.plan = std::move(*made);
    return check_trust(to, sources);
  }
  const Status status = made.status();
  for (const Problem& problem : status.problems)
    to.faults.push_back(sources.profile.string() + ": " + problem.path + ": " + problem.message);
  if (status.problems.empty()) to.faults.push_back(sources.profile.string() + ": " + status.message);
}

Problems problems_of(const config::Faults& faults) {
  Problems problems;
  for (const config::Fault& fault : faults) problems.push_back(fault.problem);
  return problems;
}

}  // namespace

Configuration load_configuration(const Sources& sources, ProfileFrom from) {
  Configuration result;
  auto site = config::load_site_config(sources.site);
  add(result.faults, site.faults);
  // Without a valid site the profile is still read against the defaults, so that its own faults are told in the same
  // go.
  if (site.config) result.site = std::move(*site.config);
  result.in_force.catalog = std::make_shared<const loader::Catalog>(loader::Catalog::scan(roots_of(result.site)));
  for (const loader::PackageFault& fault : result.in_force.catalog->faults())
    result.warnings.push_back(fault.folder.string() + ": " + fault.status.message);
  load_trust(result, sources);
  load_profile(result, sources, from);
  if (result.faults.empty()) plan(result, sources);
  return result;
}

Result<CheckedProfile> check_profile(Json document, const std::string& name, const config::SiteConfig& site,
                                     const Variables& variables) {
  CheckedProfile checked;
  InForce& next = checked.in_force;
  next.catalog = std::make_shared<const loader::Catalog>(loader::Catalog::scan(roots_of(site)));
  config::Source source;
  source.file = name;
  source.value = document;
  const config::TemplateNames names{config::template_names(site), variables};
  auto loaded = manifest::read_profile(source, names, next.catalog->finder());
  if (!loaded.profile) return Status(Code::invalid_argument, name + " is not valid", problems_of(loaded.faults));
  add(checked.warnings, loaded.warnings);
  auto plan = lifecycle::make_plan(*loaded.profile, *next.catalog);
  if (!plan.ok()) return plan.status();
  next.profile = std::move(*loaded.profile);
  next.digest = digest_of(document);
  next.document = std::move(document);
  next.plan = std::move(*plan);
  return checked;
}

config::Source read_profile_file(const Sources& sources) { return config::read_source(sources.profile); }

std::filesystem::path revisions_folder(const config::SiteConfig& site) {
  return std::filesystem::path(site.state_directory) / "profiles";
}

}  // namespace slipway::app
