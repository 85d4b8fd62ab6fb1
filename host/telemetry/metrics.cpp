#include "host/telemetry/metrics.hpp"

#include <prometheus/counter.h>
#include <prometheus/gauge.h>
#include <prometheus/histogram.h>
#include <prometheus/registry.h>
#include <prometheus/text_serializer.h>

#include <algorithm>
#include <cassert>
#include <cmath>
#include <functional>
#include <map>
#include <mutex>
#include <set>
#include <sstream>

namespace slipway::telemetry {
namespace {

using Labels = prometheus::Labels;

bool fit_name(std::string_view name) {
  const auto fit = [](char c) { return (c >= 'a' && c <= 'z') || c == '_' || (c >= '0' && c <= '9'); };
  return !name.empty() && name.size() <= 100 && !(name.front() >= '0' && name.front() <= '9') &&
         std::ranges::all_of(name, fit);
}

// The reason to drop the sample; empty when it is fit.
std::string_view fault_of(const PluginSample& sample) {
  if (!fit_name(sample.name)) return "name";
  if (!std::isfinite(sample.value) || (sample.kind == MetricKind::counter && sample.value < 0)) return "value";
  if (sample.labels.size() > 8) return "labels";
  for (const auto& [name, value] : sample.labels) {
    // "le" is how a histogram names its buckets.
    if (!fit_name(name) || name == "binding" || name == "le" || name.starts_with("__") || value.size() > 200)
      return "labels";
  }
  return "";
}

Labels labels_of(const PluginSample& sample) {
  Labels labels(sample.labels.begin(), sample.labels.end());
  labels["binding"] = sample.binding;
  return labels;
}

}  // namespace

// One family each for the rows of the catalogue and the names that plugins report.
struct Metrics::Registry {
  struct Family {
    MetricKind kind;
    std::reference_wrapper<prometheus::Collectable> object;
    std::set<Labels> series;
  };

  Family& family(const std::string& name, MetricKind kind, const std::string& help) {
    if (const auto found = families.find(name); found != families.end()) return found->second;
    return families.emplace(name, Family{kind, make(name, kind, help), {}}).first->second;
  }

  prometheus::Collectable& make(const std::string& name, MetricKind kind, const std::string& help) {
    if (kind == MetricKind::counter) return prometheus::BuildCounter().Name(name).Help(help).Register(registry);
    if (kind == MetricKind::gauge) return prometheus::BuildGauge().Name(name).Help(help).Register(registry);
    return prometheus::BuildHistogram().Name(name).Help(help).Register(registry);
  }

  // False when the labels would be a series beyond the limit.
  static bool admit(Family& family, const Labels& labels) {
    if (family.series.contains(labels)) return true;
    if (family.series.size() >= kSeriesPerMetric) return false;
    family.series.insert(labels);
    return true;
  }

  template <class Series, class... Extra>
  static Series& add(Family& family, const Labels& labels, const Extra&... extra) {
    return static_cast<prometheus::Family<Series>&>(family.object.get()).Add(labels, extra...);
  }

  template <class Series, class... Extra>
  Series* series(const Metric& row, std::initializer_list<std::string_view> values, const Extra&... extra) {
    assert(values.size() == row.labels.size());
    const std::lock_guard lock(mutex);
    Family& rows = family(std::string(row.name), row.kind, std::string(row.help));
    Labels labels;
    const auto* value = values.begin();
    for (const auto label : row.labels) labels[std::string(label)] = *value++;
    if (!admit(rows, labels)) {
      for (auto& entry : labels) entry.second = "other";
    }
    return &add<Series>(rows, labels, extra...);
  }

  // The reason why the sample was dropped; empty when it was recorded.
  std::string_view record(const PluginSample& sample) {
    if (const auto fault = fault_of(sample); !fault.empty()) return fault;
    const std::lock_guard lock(mutex);
    const std::string name = "slipway_plugin_" + std::string(sample.name);
    // Names of the host's own that begin the same way must stay the host's.
    const bool own = std::ranges::any_of(metric_catalogue(), [&](const Metric* row) { return row->name == name; });
    if (own) return "name";
    if (!families.contains(name) && plugin_names++ >= kPluginMetrics) return "limit";
    Family& rows = family(name, sample.kind, "Reported by plugins.");
    if (rows.kind != sample.kind) return "kind";
    const Labels labels = labels_of(sample);
    if (!admit(rows, labels)) return "limit";
    apply(rows, labels, sample.value);
    return "";
  }

  void apply(Family& rows, const Labels& labels, double value) const {
    if (rows.kind == MetricKind::counter) add<prometheus::Counter>(rows, labels).Increment(value);
    if (rows.kind == MetricKind::gauge) add<prometheus::Gauge>(rows, labels).Set(value);
    if (rows.kind == MetricKind::histogram) add<prometheus::Histogram>(rows, labels, bounds).Observe(value);
  }

  const prometheus::Histogram::BucketBoundaries bounds{histogram_bounds().begin(), histogram_bounds().end()};
  prometheus::Registry registry;
  std::mutex mutex;
  std::map<std::string, Family> families;
  std::size_t plugin_names = 0;
};

void Counter::add(double amount) const {
  if (series_ != nullptr) series_->Increment(amount);
}

void Gauge::set(double value) const {
  if (series_ != nullptr) series_->Set(value);
}

void Gauge::add(double amount) const {
  if (series_ != nullptr) series_->Increment(amount);
}

void Histogram::observe(double seconds) const {
  if (series_ != nullptr) series_->Observe(seconds);
}

Metrics::Metrics() : registry_(std::make_unique<Registry>()) {}
Metrics::~Metrics() = default;

Counter Metrics::counter(const Metric& row, std::initializer_list<std::string_view> label_values) {
  assert(row.kind == MetricKind::counter);
  return Counter(registry_->series<prometheus::Counter>(row, label_values));
}

Gauge Metrics::gauge(const Metric& row, std::initializer_list<std::string_view> label_values) {
  assert(row.kind == MetricKind::gauge);
  return Gauge(registry_->series<prometheus::Gauge>(row, label_values));
}

Histogram Metrics::histogram(const Metric& row, std::initializer_list<std::string_view> label_values) {
  assert(row.kind == MetricKind::histogram);
  return Histogram(registry_->series<prometheus::Histogram>(row, label_values, registry_->bounds));
}

void Metrics::record(const PluginSample& sample) {
  const auto reason = registry_->record(sample);
  if (!reason.empty()) counter(metric::kPluginSamplesRefused, {reason}).add();
}

std::string Metrics::text() const {
  std::ostringstream out;
  prometheus::TextSerializer().Serialize(out, registry_->registry.Collect());
  return std::move(out).str();
}

}  // namespace slipway::telemetry
