// All the evidence about one pair of counts, and what it comes to.
#pragma once

#include "plugins/analyzers/sequential/mixture.hpp"
#include "plugins/analyzers/sequential/ratio_curve.hpp"
#include "plugins/analyzers/sequential/settings.hpp"

namespace slipway::sequential {

// Logs of e-values. Of several tracks: the means of what of `severe` is above the floor too, of what of `worse` is that
// and has the guard's word, of `sign` and of `above`; `pass` is what every one reaches.
struct Strength {
  double severe;  // next is bad more than severe_ratio times as often as stable
  double worse;   // more than max_ratio times
  double sign;    // in more intervals than chance allows
  double above;   // more often than absolute_floor
  double pass;    // less than pass_ratio times as often, or less often than absolute_floor
};

class Evidence {
 public:
  explicit Evidence(const Settings& settings);

  // `uniform` in [0, 1) is the sign guard's draw.
  void add(const Pair& pair, Moment moment, double uniform);
  [[nodiscard]] Strength strength(Moment moment) const;
  [[nodiscard]] const Pair& totals() const { return totals_; }
  [[nodiscard]] RatioBounds ratio(double alpha) const { return curve_.bounds(alpha); }

  [[nodiscard]] Track save() const;
  // Throws Error (invalid_argument) when the track is not one of these settings.
  void restore(const Track& track);

 private:
  // A mixture with the alternatives that it weighs.
  struct Tier {
    double limit = 1;
    std::vector<double> alternatives;
    Mixture mixture;
  };

  // The same of shares, which depends on no more than the counts since the first interval.
  struct ShareTier {
    ShareOdds odds;
    Mixture mixture;
  };

  static Tier tier(double limit, std::vector<double> alternatives, Onset onset);
  static ShareTier share_tier(double limit, const std::vector<double>& alternatives, Onset onset);
  void tell();
  [[nodiscard]] std::vector<Mixture*> mixtures();
  [[nodiscard]] std::vector<const Mixture*> mixtures() const;

  double dispersion_;
  Tier severe_;
  Tier worse_;
  ShareTier above_;
  Tier pass_ratio_;
  ShareTier pass_floor_;
  Mixture sign_;
  RatioCurve curve_;
  Pair totals_;
};

Strength together(const Settings& settings, const std::vector<Strength>& tracks);

// What the evidence is held against, for the ruling and for people.
struct Ruling {
  analyzer::Verdict verdict = analyzer::Verdict::proceed;
  std::string code;
  double evidence = 0;   // log
  double threshold = 0;  // log; at or above it the release fails
};
// FAIL: worse than severe_ratio at alpha / 2, or worse than max_ratio and by the guard's word each at alpha / 2; and
// above the floor. Without the sign guard: worse than max_ratio at alpha, and above the floor. PASS: certified at beta
// after min_duration, with less than half of the evidence that it would take to fail.
Ruling rule(const Settings& settings, const Strength& strength, Duration elapsed);

}  // namespace slipway::sequential
