// What a new site configuration changes in a host that is running.
#pragma once

#include <string>
#include <vector>

#include "host/config/site_config.hpp"

namespace slipway::config {

enum class Effect : std::uint8_t { now, restart };

struct Change {
  std::string path;
  Effect effect = Effect::now;
  std::string sentence;
  bool operator==(const Change&) const = default;
};

// One entry for each field that differs, sorted by path: "/log/level: \"info\" becomes \"debug\" now" or
// "/listen: \"127.0.0.1:1\" becomes \"127.0.0.1:2\" only when slipwayd is started again".
std::vector<Change> compare(const SiteConfig& running, const SiteConfig& loaded);

// The running configuration with those fields of the loaded one that take effect now.
SiteConfig reloaded(const SiteConfig& running, const SiteConfig& loaded);

}  // namespace slipway::config
