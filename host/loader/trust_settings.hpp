// From the site's configuration to a trust policy: keys read from their files.
#pragma once

#include <filesystem>
#include <memory>
#include <slipway/status.hpp>
#include <string>

#include "host/config/site_config.hpp"
#include "host/loader/trust.hpp"

namespace slipway::loader {

struct LoadedTrust {
  std::shared_ptr<const TrustPolicy> policy;  // only without problems
  Problems problems;                          // paths begin with /trust
};

// `keys`: the folder of the local key (see key_directory); that there is none in it is no fault. Blocks on the disk.
LoadedTrust load_trust(const config::SiteConfig& site, const std::filesystem::path& keys);

}  // namespace slipway::loader
