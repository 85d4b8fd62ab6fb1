// From the points of a metric to its label, and from the labels to the score. Pure.
//
//   no data          fewer than min_points of a group
//   high             the direction allows it, the interval's low end exceeds tolerance * |estimate|, and the effect is
//                    at least allowed_increase (or can't be told: a mean is 0)
//   low              the same downwards
//   pass             everything else; also when both groups have the same values
//
//   score of a group     100 * pass / (pass + high + low + no data where must_have_data), muted metrics left out
//   score                the groups' scores by their weights, rounded to 0.01; a group without data counts as 100
//   0                    when a critical metric is bad
//
// Half of the metrics without data, those that must have data apart, lack it, unless a critical metric was measured to
// be bad. As Kayenta: no data is no point at all, and a lack of it a score of 0.
#pragma once

#include "plugins/analyzers/judge/mann_whitney.hpp"
#include "plugins/analyzers/judge/settings.hpp"

namespace slipway::judge {

enum class Label : std::uint8_t { pass, high, low, no_data };
constexpr auto enum_names(Label) {
  return std::array<EnumName<Label>, 4>{
      {{Label::pass, "pass"}, {Label::high, "high"}, {Label::low, "low"}, {Label::no_data, "no data"}}};
}

struct Classified {
  Label label = Label::no_data;
  std::optional<Shift> shift;
  std::optional<double> effect;
  std::size_t next_points = 0;
  std::size_t stable_points = 0;
  bool critical = false;  // it decides alone
};

// `confidence` is that of this look.
Classified classify(const Metric& metric, const Settings& settings, double confidence, std::vector<double> next,
                    std::vector<double> stable);

// From min(P1, Q1 - factor (Q3 - Q1)) to max(P99, Q3 + factor (Q3 - Q1)), percentiles by linear interpolation (R's type
// 7). Of at least one value.
struct Fences {
  double low = 0;
  double high = 0;
};
Fences fences_of(std::vector<double> values, double factor);
// The values within their fences.
std::vector<double> without_outliers(std::vector<double> values, double factor);

struct Score {
  double points = 0;
  bool lacks_data = false;  // too few metrics have any to tell
};
Score score_of(const Settings& settings, const std::vector<Classified>& metrics);

}  // namespace slipway::judge
