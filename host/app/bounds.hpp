// What the site bounds, as the engine wants it.
#pragma once

#include "host/config/site_config.hpp"
#include "host/rollout/settings.hpp"

namespace slipway::app {

inline rollout::Bounds bounds_of(const config::SiteConfig& site) {
  return {.max_active = site.rollouts.max_active,
          .retention = {.events = site.events_retention, .journals = site.journal_retention}};
}

}  // namespace slipway::app
