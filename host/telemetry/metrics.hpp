// The registry behind /metrics. Everything here is safe from any thread.
#pragma once

#include <initializer_list>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "host/telemetry/metric_catalogue.hpp"

namespace prometheus {
class Counter;
class Gauge;
class Histogram;
}  // namespace prometheus

namespace slipway::telemetry {

// Handles to one series each: cheap to copy, valid as long as their Metrics. One made by default does nothing.
class Counter {
 public:
  Counter() = default;
  explicit Counter(prometheus::Counter* series) : series_(series) {}
  void add(double amount = 1) const;  // amounts below zero are dropped

 private:
  prometheus::Counter* series_ = nullptr;
};

class Gauge {
 public:
  Gauge() = default;
  explicit Gauge(prometheus::Gauge* series) : series_(series) {}
  void set(double value) const;
  void add(double amount) const;

 private:
  prometheus::Gauge* series_ = nullptr;
};

class Histogram {
 public:
  Histogram() = default;
  explicit Histogram(prometheus::Histogram* series) : series_(series) {}
  void observe(double seconds) const;

 private:
  prometheus::Histogram* series_ = nullptr;
};

// A sample that a plugin reports. Name without prefix.
struct PluginSample {
  MetricKind kind = MetricKind::counter;
  std::string_view binding;
  std::string_view name;
  std::vector<std::pair<std::string, std::string>> labels;
  double value = 0;
};

class Metrics {
 public:
  // A metric holds at most this many series; further label values are counted under the value "other".
  static constexpr std::size_t kSeriesPerMetric = 1000;
  static constexpr std::size_t kPluginMetrics = 500;

  Metrics();
  ~Metrics();
  Metrics(const Metrics&) = delete;
  Metrics& operator=(const Metrics&) = delete;

  // One label value for each label of the row, in its order. Precondition: the row is of that kind.
  Counter counter(const Metric& row, std::initializer_list<std::string_view> label_values = {});
  Gauge gauge(const Metric& row, std::initializer_list<std::string_view> label_values = {});
  Histogram histogram(const Metric& row, std::initializer_list<std::string_view> label_values = {});

  // Recorded as slipway_plugin_<name>{binding=…, labels…}. What is not fit (name or label name outside
  // [a-z_][a-z0-9_]*, a label called binding, another kind than before, too many names or series, a value that is no
  // number) is dropped and counted.
  void record(const PluginSample& sample);

  // The text exposition format, version 0.0.4.
  [[nodiscard]] std::string text() const;

 private:
  struct Registry;
  std::unique_ptr<Registry> registry_;
};

}  // namespace slipway::telemetry
