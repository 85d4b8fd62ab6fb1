#include "tests/simulation/calibration_world.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <numbers>

#include "plugins/analyzers/sequential/split.hpp"
#include "tests/simulation/calibration.hpp"

namespace slipway::sequential {
namespace {

using calibration::number;
using calibration::percent;

Alarms run_once(const Traffic& traffic, const MakeMethod& make, int run) {
  World world(traffic, run);
  const Method method = make();
  Alarms alarms;
  for (std::int64_t number = 1; number <= traffic.looks && alarms.strict == 0; ++number) {
    const Pair pair = world.look(number);
    const double evidence = method(pair, {number, traffic.looks}, world.uniform());
    if (alarms.usual == 0 && evidence >= -std::log(kUsual)) alarms.usual = number;
    if (evidence >= -std::log(kStrict)) alarms.strict = number;
  }
  return alarms;
}

}  // namespace

std::string words(const Traffic& traffic) {
  std::string text = percent(traffic.errors);
  if (traffic.ratio != 1) text += " against " + percent(traffic.errors * traffic.ratio);
  text += traffic.grows ? ", share growing from 5 % to 50 %" : ", share " + percent(traffic.share);
  if (traffic.noise > 0) text += ", noise " + number(traffic.noise);
  if (traffic.incident) text += ", a swing and an incident of both";
  if (traffic.looks > 1'000) text += ", " + number(static_cast<double>(traffic.looks)) + " looks of 100 requests";
  return text;
}

Pair World::look(std::int64_t number) {
  const double ratio = number > traffic_.clean_looks ? traffic_.ratio : 1;
  const double errors = traffic_.errors * shared(number);
  Pair pair;
  pair.next.requests = drawn(traffic_.requests, share(number));
  pair.stable.requests = traffic_.requests - pair.next.requests;
  pair.next.bad = drawn(pair.next.requests, std::min(1.0, errors * ratio * noisy()));
  pair.stable.bad = drawn(pair.stable.requests, std::min(1.0, errors * noisy()));
  return pair;
}

double World::noisy() {
  if (traffic_.noise == 0) return 1;
  const double shape = 1 / (traffic_.noise * traffic_.noise);
  return std::gamma_distribution<>(shape, 1 / shape)(random_);
}

double World::share(std::int64_t number) const {
  if (!traffic_.grows) return traffic_.share;
  const std::int64_t third = (number - 1) * 3 / traffic_.looks;
  return third == 0 ? 0.05 : third == 1 ? 0.2 : 0.5;
}

double World::shared(std::int64_t number) const {
  if (!traffic_.incident) return 1;
  const double swing = 1 + 0.5 * std::sin(2 * std::numbers::pi * static_cast<double>(number) / 60);
  return swing * (number > 60 && number <= 70 ? 5 : 1);
}

MakeMethod ratio_method(double limit, Onset onset, double dispersion) {
  return [=]() -> Method {
    const auto ratios = ratios_above(limit, {});
    return [ratios, limit, dispersion, mixture = Mixture(ratios.size(), onset)](const Pair& pair, Moment moment,
                                                                                double) mutable {
      auto steps = ratio_steps(pair, limit, ratios);
      for (double& step : steps) step /= dispersion;
      mixture.add(steps, moment);
      return mixture.log_value(moment);
    };
  };
}

MakeMethod sign_method() {
  return []() -> Method {
    return [mixture = Mixture(kSignGrid.size(), Onset::any_interval)](const Pair& pair, Moment moment,
                                                                      double uniform) mutable {
      mixture.add(sign_steps(sign_of(pair, uniform)), moment);
      return mixture.log_value(moment);
    };
  };
}

MakeMethod guarded_method() {
  return []() -> Method {
    Settings settings;
    settings.absolute_floor = 1e-6;
    return [settings, evidence = Evidence(settings)](const Pair& pair, Moment moment, double uniform) mutable {
      evidence.add(pair, moment, uniform);
      return rule(settings, evidence.strength(moment), {}).evidence - std::log(2.0);
    };
  };
}

MakeMethod split_method(double share) {
  return [=]() -> Method {
    return [share, totals = Pair{}](const Pair& pair, Moment, double) mutable {
      totals += pair;
      const std::array<std::int64_t, 2> bad{totals.next.bad, totals.stable.bad};
      const std::array<double, 2> shares{share, 1 - share};
      return split_evidence(bad, shares, 100);
    };
  };
}

std::vector<Alarms> runs_of(const Traffic& traffic, const MakeMethod& make) {
  std::vector<Alarms> all;
  for (int run = 0; run < calibration::runs(); ++run) all.push_back(run_once(traffic, make, run));
  return all;
}

double part_of(const std::vector<Alarms>& runs, Level level) {
  const auto alarms = std::count_if(runs.begin(), runs.end(), [&](const Alarms& run) { return run.*level > 0; });
  return static_cast<double>(alarms) / static_cast<double>(runs.size());
}

double median_of(const std::vector<Alarms>& runs, Level level) {
  std::vector<std::int64_t> looks;
  for (const Alarms& run : runs) looks.push_back(run.*level > 0 ? run.*level : 1'000'000);
  std::nth_element(looks.begin(), looks.begin() + static_cast<std::ptrdiff_t>(looks.size() / 2), looks.end());
  return static_cast<double>(looks[looks.size() / 2]);
}

}  // namespace slipway::sequential
