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
#include "host/manifest/profile.hpp"

namespace slipway::app {

struct Sources {
  config::SiteSources site;
  std::filesystem::path profile;
};

// `faults` holds one line each, sorted by file; the rest is there only without any.
struct Configuration {
  config::SiteConfig site;
  manifest::Profile profile;
  Json profile_document;
  std::string profile_digest;
  std::shared_ptr<const loader::Catalog> catalog;
  lifecycle::Plan plan;
  std::vector<std::string> faults;
  std::vector<std::string> warnings;
};

// Reads and checks everything without starting anything; every fault of every file at once. Blocks on the disk.
Configuration load_configuration(const Sources& sources);

// The process's environment.
std::map<std::string, std::string> environment_variables();

}  // namespace slipway::app
