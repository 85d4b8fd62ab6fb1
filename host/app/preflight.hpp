// What must be true of the machine before anything starts: every lack at once, each with the way out.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "host/config/site_config.hpp"
#include "host/lifecycle/plan.hpp"

namespace slipway::app {

struct PreflightLimits {
  std::uint64_t open_files = 1024;
  std::uint64_t free_bytes = std::uint64_t{64} << 20;
};

// Makes the state and run directories, private; others may pass through the first. Empty when all is well. Blocks on
// the disk.
std::vector<std::string> preflight(const config::SiteConfig& site, const lifecycle::Plan& plan,
                                   const PreflightLimits& limits = {});

}  // namespace slipway::app
