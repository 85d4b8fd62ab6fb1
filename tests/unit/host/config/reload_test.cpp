#include "host/config/reload.hpp"

#include <gtest/gtest.h>

namespace slipway::config {
namespace {

TEST(Reload, EqualConfigurationsDifferInNothing) { EXPECT_TRUE(compare(SiteConfig(), SiteConfig()).empty()); }

TEST(Reload, EachChangedFieldHasASentenceThatSaysWhenItTakesEffect) {
  const SiteConfig running;
  SiteConfig loaded;
  loaded.log.level = telemetry::Level::debug;
  loaded.limits.body_bytes = 4096;
  loaded.plugin_roots.push_back("/opt/plugins");
  loaded.listen = "127.0.0.1:9999";
  loaded.log.format = telemetry::LogFormat::json;
  const auto changes = compare(running, loaded);
  ASSERT_EQ(changes.size(), 5U);
  EXPECT_EQ(changes[0].sentence, "/limits/body_bytes: 1048576 becomes 4096 now");
  EXPECT_EQ(changes[1].sentence,
            "/listen: \"127.0.0.1:7070\" becomes \"127.0.0.1:9999\" only when slipwayd is started again");
  EXPECT_EQ(changes[1].effect, Effect::restart);
  EXPECT_EQ(changes[2].sentence, "/log/format: \"text\" becomes \"json\" only when slipwayd is started again");
  EXPECT_EQ(changes[3].sentence, "/log/level: \"info\" becomes \"debug\" now");
  EXPECT_EQ(
      changes[4].sentence,
      "/plugin_roots: [\"/usr/lib/slipway/plugins\"] becomes [\"/usr/lib/slipway/plugins\",\"/opt/plugins\"] only "
      "when slipwayd is started again");
}

TEST(Reload, WhatIsSentToACollectorIsNamedAndNotShown) {
  SiteConfig running;
  SiteConfig loaded;
  running.telemetry.otlp.headers = {{"Authorization", "Bearer old"}, {"X-Old", "1"}};
  loaded.telemetry.otlp.headers = {{"Authorization", "Bearer new"}, {"X-New", "2"}};
  loaded.telemetry.otlp.endpoint = "http://127.0.0.1:4318";
  const auto changes = compare(running, loaded);
  ASSERT_EQ(changes.size(), 2U);
  EXPECT_EQ(changes[0].sentence,
            "/telemetry/otlp/endpoint: \"\" becomes \"http://127.0.0.1:4318\" only when slipwayd is started again");
  EXPECT_EQ(changes[1].sentence, "/telemetry/otlp/headers changes only when slipwayd is started again");
  EXPECT_EQ(reloaded(running, loaded), running);
}

TEST(Reload, OnlyWhatTakesEffectNowIsTaken) {
  const SiteConfig running;
  SiteConfig loaded;
  loaded.limits.idle_timeout = seconds(5);
  loaded.rollouts.max_active = 7;
  loaded.threads = 9;
  loaded.state_directory = "/elsewhere";
  SiteConfig expected;
  expected.limits.idle_timeout = seconds(5);
  expected.rollouts.max_active = 7;
  EXPECT_EQ(reloaded(running, loaded), expected);
}

}  // namespace
}  // namespace slipway::config
