#include "host/telemetry/metrics.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <limits>
#include <set>
#include <thread>

namespace slipway::telemetry {
namespace {

using testing::HasSubstr;
using testing::Not;

TEST(Metrics, CountersGaugesAndHistogramsAppearWithHelpTypeAndLabels) {
  Metrics metrics;
  const auto calls = metrics.counter(metric::kPluginCalls, {"provider", "slipway.provider/1", "apply", "OK"});
  calls.add();
  calls.add(2);
  metrics.gauge(metric::kRollouts, {"running"}).set(7);
  metrics.gauge(metric::kRollouts, {"running"}).add(-2);
  metrics.histogram(metric::kStepSeconds, {"commit"}).observe(0.003);
  const auto text = metrics.text();
  EXPECT_THAT(
      text,
      HasSubstr("# HELP slipway_rollouts Rollouts that are not finished, by state.\n# TYPE slipway_rollouts gauge\n"
                "slipway_rollouts{state=\"running\"} 5\n"));
  EXPECT_THAT(
      text,
      HasSubstr(
          "slipway_plugin_calls_total{binding=\"provider\",interface=\"slipway.provider/1\",method=\"apply\",status="
          "\"OK\"} 3\n"));
  EXPECT_THAT(text, HasSubstr("slipway_rollout_step_seconds_bucket{phase=\"commit\",le=\"0.005\"} 1\n"));
  EXPECT_THAT(text, HasSubstr("slipway_rollout_step_seconds_bucket{phase=\"commit\",le=\"0.001\"} 0\n"));
}

TEST(Metrics, AHandleMadeByDefaultDoesNothing) {
  Counter().add();
  Gauge().set(1);
  Histogram().observe(1);
  EXPECT_EQ(Metrics().text(), "");
}

TEST(Metrics, ValuesBeyondTheLimitOfSeriesAreCountedTogether) {
  Metrics metrics;
  for (std::size_t i = 0; i < Metrics::kSeriesPerMetric + 50; ++i)
    metrics.counter(metric::kEvents, {std::to_string(i)}).add();
  const auto text = metrics.text();
  EXPECT_THAT(text, HasSubstr("slipway_events_total{type=\"999\"} 1\n"));
  EXPECT_THAT(text, HasSubstr("slipway_events_total{type=\"other\"} 50\n"));
}

TEST(Metrics, ASampleOfAPluginIsRecordedUnderItsPrefixAndBinding) {
  Metrics metrics;
  for (int i = 0; i < 2; ++i) {
    metrics.record({.kind = MetricKind::counter,
                    .binding = "provider",
                    .name = "reloads_total",
                    .labels = {{"reason", "app"}},
                    .value = 1.5});
  }
  metrics.record({.kind = MetricKind::gauge, .binding = "provider", .name = "slots", .labels = {}, .value = 4});
  metrics.record(
      {.kind = MetricKind::histogram, .binding = "provider", .name = "shift_seconds", .labels = {}, .value = 0.2});
  const auto text = metrics.text();
  EXPECT_THAT(text, HasSubstr("slipway_plugin_reloads_total{binding=\"provider\",reason=\"app\"} 3\n"));
  EXPECT_THAT(text, HasSubstr("slipway_plugin_slots{binding=\"provider\"} 4\n"));
  EXPECT_THAT(text, HasSubstr("slipway_plugin_shift_seconds_count{binding=\"provider\"} 1\n"));
}

TEST(Metrics, AnUnfitSampleOfAPluginIsDroppedAndCountedByReason) {
  Metrics metrics;
  const auto sample = [&](std::string_view name, MetricKind kind, double value,
                          std::vector<std::pair<std::string, std::string>> labels) {
    metrics.record({.kind = kind, .binding = "p", .name = name, .labels = std::move(labels), .value = value});
  };
  sample("Bad-Name", MetricKind::counter, 1, {});
  sample("", MetricKind::counter, 1, {});
  sample("calls_total", MetricKind::counter, 1, {});
  sample("fine", MetricKind::counter, -1, {});
  sample("fine", MetricKind::gauge, std::numeric_limits<double>::quiet_NaN(), {});
  sample("fine", MetricKind::gauge, 1, {{"binding", "forged"}});
  sample("fine", MetricKind::gauge, 1, {{"le", "1"}});
  sample("fine", MetricKind::gauge, 1, {});
  sample("fine", MetricKind::counter, 1, {});
  const auto text = metrics.text();
  EXPECT_THAT(text, HasSubstr("slipway_plugin_samples_refused_total{reason=\"name\"} 3\n"));
  EXPECT_THAT(text, HasSubstr("slipway_plugin_samples_refused_total{reason=\"value\"} 2\n"));
  EXPECT_THAT(text, HasSubstr("slipway_plugin_samples_refused_total{reason=\"labels\"} 2\n"));
  EXPECT_THAT(text, HasSubstr("slipway_plugin_samples_refused_total{reason=\"kind\"} 1\n"));
  EXPECT_THAT(text, Not(HasSubstr("forged")));
}

TEST(Metrics, PluginsCannotMakeMoreNamesThanTheLimit) {
  Metrics metrics;
  for (std::size_t i = 0; i < Metrics::kPluginMetrics + 3; ++i) {
    const auto name = "n" + std::to_string(i);
    metrics.record({.kind = MetricKind::gauge, .binding = "p", .name = name, .labels = {}, .value = 1});
  }
  EXPECT_THAT(metrics.text(), HasSubstr("slipway_plugin_samples_refused_total{reason=\"limit\"} 3\n"));
}

TEST(Metrics, FourThreadsLoseNoIncrement) {
  Metrics metrics;
  {
    std::vector<std::jthread> threads;
    for (int i = 0; i < 4; ++i) {
      threads.emplace_back([&metrics] {
        for (int n = 0; n < 500; ++n) metrics.counter(metric::kEvents, {"x"}).add();
      });
    }
  }
  EXPECT_THAT(metrics.text(), HasSubstr("slipway_events_total{type=\"x\"} 2000\n"));
}

TEST(Metrics, EachRowOfTheCatalogueFollowsTheNamingRules) {
  std::set<std::string_view> names;
  for (const Metric* row : metric_catalogue()) {
    EXPECT_TRUE(names.insert(row->name).second) << row->name;
    EXPECT_TRUE(row->name.starts_with("slipway_")) << row->name;
    EXPECT_EQ(row->kind == MetricKind::counter, row->name.ends_with("_total")) << row->name;
    EXPECT_TRUE(row->kind != MetricKind::histogram || row->name.ends_with("_seconds")) << row->name;
    EXPECT_TRUE(row->help.ends_with('.')) << row->name;
  }
}

TEST(Metrics, TheReferenceHasALineForEachRow) {
  const auto text = metrics_reference();
  EXPECT_THAT(text,
              HasSubstr("| `slipway_rollouts` | gauge | `state` | Rollouts that are not finished, by state. |\n"));
  EXPECT_EQ(static_cast<std::size_t>(std::count(text.begin(), text.end(), '\n')), metric_catalogue().size() + 2);
}

}  // namespace
}  // namespace slipway::telemetry
