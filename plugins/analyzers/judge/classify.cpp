#include "plugins/analyzers/judge/classify.hpp"

#include <algorithm>
#include <cmath>

namespace slipway::judge {
namespace {

double percentile(const std::vector<double>& sorted, double part) {
  const double place = part * static_cast<double>(sorted.size() - 1);
  const auto below = static_cast<std::size_t>(place);
  const std::size_t above = std::min(below + 1, sorted.size() - 1);
  return sorted[below] + (place - static_cast<double>(below)) * (sorted[above] - sorted[below]);
}

double neutral(Measure measure) { return measure == Measure::mean_ratio ? 1 : 0.5; }

std::optional<double> effect_of(Measure measure, const Points& points) {
  return measure == Measure::mean_ratio ? mean_ratio(points) : common_language_effect(points);
}

// What can't be told does not excuse a difference.
bool reaches(const std::optional<double>& effect, double limit) { return !effect || *effect >= limit; }
bool falls_to(const std::optional<double>& effect, double limit) { return !effect || *effect <= limit; }

Label label_of(const Metric& metric, double tolerance, const Shift& shift, const std::optional<double>& effect) {
  const double bound = tolerance * std::abs(shift.estimate);
  const double middle = neutral(metric.effect_size.measure);
  const bool higher = shift.low > bound && reaches(effect, metric.effect_size.allowed_increase.value_or(middle));
  const bool lower = shift.high < -bound && falls_to(effect, metric.effect_size.allowed_decrease.value_or(middle));
  if (metric.direction != Direction::decrease && higher) return Label::high;
  if (metric.direction != Direction::increase && lower) return Label::low;
  return Label::pass;
}

bool decides_alone(const Metric& metric, const Classified& found) {
  if (!metric.critical) return false;
  const double middle = neutral(metric.effect_size.measure);
  switch (found.label) {
    case Label::high:
      return reaches(found.effect, metric.effect_size.critical_increase.value_or(middle));
    case Label::low:
      return falls_to(found.effect, metric.effect_size.critical_decrease.value_or(middle));
    case Label::no_data:
      return true;
    case Label::pass:
      return false;
  }
  return false;
}

// A metric that must have data counts as bad without; a critical one fails everything by itself.
bool is_bad_without_data(const Metric& metric) { return metric.must_have_data && !metric.critical; }

std::size_t least_points(const Settings& settings) {
  return settings.compat == Compat::kayenta ? 1 : static_cast<std::size_t>(settings.min_points);
}

struct Tally {
  double good = 0;
  double all = 0;
};

std::map<std::string, Tally> tallies(const Settings& settings, const std::vector<Classified>& metrics) {
  std::map<std::string, Tally> groups;
  for (std::size_t i = 0; i < metrics.size(); ++i) {
    if (settings.metrics[i].muted) continue;
    Tally& group = groups[settings.metrics[i].group];
    if (metrics[i].label == Label::no_data && !is_bad_without_data(settings.metrics[i])) continue;
    group.all += 1;
    group.good += metrics[i].label == Label::pass ? 1 : 0;
  }
  return groups;
}

bool lacks_data(const Settings& settings, const std::vector<Classified>& metrics) {
  std::size_t counting = 0;
  std::size_t without = 0;
  for (std::size_t i = 0; i < metrics.size(); ++i) {
    if (settings.metrics[i].muted) continue;
    ++counting;
    if (metrics[i].label == Label::no_data && !settings.metrics[i].must_have_data) ++without;
  }
  return 2 * without >= counting;
}

}  // namespace

Fences fences_of(std::vector<double> values, double factor) {
  std::sort(values.begin(), values.end());
  const double first = percentile(values, 0.25);
  const double third = percentile(values, 0.75);
  return {std::min(percentile(values, 0.01), first - factor * (third - first)),
          std::max(percentile(values, 0.99), third + factor * (third - first))};
}

std::vector<double> without_outliers(std::vector<double> values, double factor) {
  if (values.empty()) return values;
  const Fences fences = fences_of(values, factor);
  std::erase_if(values, [&](double value) { return value < fences.low || value > fences.high; });
  return values;
}

Classified classify(const Metric& metric, const Settings& settings, double confidence, std::vector<double> next,
                    std::vector<double> stable) {
  if (metric.outliers == Outliers::remove) {
    next = without_outliers(std::move(next), metric.outlier_factor);
    stable = without_outliers(std::move(stable), metric.outlier_factor);
  }
  Classified found{.next_points = next.size(), .stable_points = stable.size()};
  if (std::min(next.size(), stable.size()) >= least_points(settings)) {
    const Points points{next, stable};
    found.effect = effect_of(metric.effect_size.measure, points);
    found.shift =
        settings.compat == Compat::kayenta ? shift_as_kayenta(points, confidence) : shift_of(points, confidence);
    found.label = found.shift ? label_of(metric, settings.tolerance, *found.shift, found.effect) : Label::pass;
  }
  found.critical = !metric.muted && decides_alone(metric, found);
  return found;
}

Score score_of(const Settings& settings, const std::vector<Classified>& metrics) {
  const auto groups = tallies(settings, metrics);
  double given = 0;
  for (const auto& [name, weight] : settings.group_weights) given += weight;
  const auto others = static_cast<double>(std::count_if(
      groups.begin(), groups.end(), [&](const auto& group) { return !settings.group_weights.contains(group.first); }));
  double sum = 0;
  for (const auto& [name, tally] : groups) {
    const auto listed = settings.group_weights.find(name);
    const double weight = listed != settings.group_weights.end() ? listed->second : (100 - given) / others;
    sum += weight * (tally.all > 0 ? tally.good / tally.all : 1);
  }
  const auto is_fatal = [](const Classified& one) { return one.critical; };
  const auto is_measured = [](const Classified& one) { return one.critical && one.label != Label::no_data; };
  const bool fatal = std::any_of(metrics.begin(), metrics.end(), is_fatal);
  const bool measured = std::any_of(metrics.begin(), metrics.end(), is_measured);
  const bool lacks = !measured && lacks_data(settings, metrics);
  const bool is_nothing = fatal || (lacks && settings.compat == Compat::kayenta);
  return {is_nothing ? 0 : std::round(sum * 100) / 100, lacks};
}

}  // namespace slipway::judge
