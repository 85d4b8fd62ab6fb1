#include "host/app/bounds.hpp"

#include <gtest/gtest.h>

namespace slipway::app {
namespace {

TEST(Bounds, AreThoseOfTheSite) {
  config::SiteConfig site;
  site.rollouts.max_active = 7;
  site.events_retention = seconds(3600);
  site.journal_retention = seconds(7200);
  const rollout::Bounds bounds = bounds_of(site);
  EXPECT_EQ(bounds.max_active, 7U);
  EXPECT_EQ(bounds.retention, (rollout::Retention{.events = seconds(3600), .journals = seconds(7200)}));
}

TEST(Bounds, AnEngineThatIsToldNoneHasTheSitesDefaults) {
  const rollout::Bounds of_site = bounds_of(config::SiteConfig());
  const rollout::Bounds of_engine;
  EXPECT_EQ(of_site.max_active, of_engine.max_active);
  EXPECT_EQ(of_site.retention, of_engine.retention);
}

}  // namespace
}  // namespace slipway::app
