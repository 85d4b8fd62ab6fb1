// What a host is told at its start: site configuration, installed plugins and profile, read and checked together.
#pragma once

#include <filesystem>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "host/config/site_config.hpp"
#include "host/lifecycle/plan.hpp"
#include "host/loader/catalog.hpp"
#include "host/loader/trust.hpp"
#include "host/manifest/profile.hpp"

namespace slipway::app {

struct Sources {
  config::SiteSources site;
  std::filesystem::path profile;
};

// A profile held against what is installed.
struct InForce {
  manifest::Profile profile;
  Json document;            // as it was written: what ${env:…} stands for stays where it is
  std::string digest;       // SHA-256 of the document
  std::string file_digest;  // the same of the profile file when it was last taken
  std::shared_ptr<const loader::Catalog> catalog;
  lifecycle::Plan plan;
  std::int64_t revision = 0;       // 0: none yet
  Instant since;                   // when that revision was made
  std::int64_t returned_from = 0;  // that the start went back from, since the host ended while it watched it; 0: none
};

// `faults` holds one line each, sorted by file; the rest is there only without any.
struct Configuration {
  config::SiteConfig site;
  std::shared_ptr<const loader::TrustPolicy> trust;
  InForce in_force;
  std::vector<std::string> faults;
  std::vector<std::string> warnings;
};

// Whether the profile file counts as it is, or only when it was changed since it was last taken: otherwise the newest
// revision is in force, or the one before it when the host ended while it watched the newest one.
enum class ProfileFrom { file, revisions };

// Reads and checks everything without starting anything; every fault of every file at once. Blocks on the disk.
Configuration load_configuration(const Sources& sources, ProfileFrom from);

// A profile from elsewhere than the file, checked in the same way. `name` stands for it in faults. INVALID_ARGUMENT or
// FAILED_PRECONDITION with one problem each.
struct CheckedProfile {
  InForce in_force;
  std::vector<std::string> warnings;
};
Result<CheckedProfile> check_profile(Json document, const std::string& name, const config::SiteConfig& site,
                                     const std::map<std::string, std::string>& variables);

// The document of the profile file as it is now, with the faults of its form.
config::Source read_profile_file(const Sources& sources);

// Where a site keeps its revisions.
std::filesystem::path revisions_folder(const config::SiteConfig& site);

}  // namespace slipway::app
