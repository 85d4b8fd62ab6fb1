// Simulated traffic of two releases, and the methods whose calibration is measured over it.
#pragma once

#include <cstdint>
#include <functional>
#include <random>
#include <string>
#include <vector>

#include "plugins/analyzers/sequential/evidence.hpp"

namespace slipway::sequential {

inline constexpr double kStrict = 0.01;
inline constexpr double kUsual = 0.05;

struct Traffic {
  double errors = 0.01;  // of stable
  double share = 0.1;    // of next
  double ratio = 1;      // of next's errors to stable's
  std::int64_t requests = 6'000;
  std::int64_t looks = 120;
  std::int64_t clean_looks = 0;  // before the ratio takes effect
  double noise = 0;              // coefficient of variation of the errors, of each group and look by itself
  bool grows = false;            // next's share: 0.05, 0.2 and 0.5 in thirds of the looks
  bool incident = false;         // a daily swing, and ten looks in which both groups fail five times as often
};

std::string words(const Traffic& traffic);

class World {
 public:
  World(const Traffic& traffic, int run) : traffic_(traffic), random_(static_cast<std::uint64_t>(run) * 7'919 + 17) {}

  Pair look(std::int64_t number);
  double uniform() { return std::uniform_real_distribution<>()(random_); }

 private:
  std::int64_t drawn(std::int64_t n, double p) { return std::binomial_distribution<std::int64_t>(n, p)(random_); }
  double noisy();
  [[nodiscard]] double shared(std::int64_t number) const;
  [[nodiscard]] double share(std::int64_t number) const;

  const Traffic& traffic_;
  std::mt19937_64 random_;
};

// What is followed over a run: takes a look in and answers the log-evidence to fail.
using Method = std::function<double(const Pair&, Moment, double uniform)>;
using MakeMethod = std::function<Method()>;

// Evidence counts for 1 / dispersion.
MakeMethod ratio_method(double limit, Onset onset, double dispersion = 1);
MakeMethod sign_method();
// The guarded rule, with a floor that never matters. Its thresholds are log(2 / alpha).
MakeMethod guarded_method();
// Lindon and Malek's test of the bad requests' split at a share that is known.
MakeMethod split_method(double share);

// The first look at which the evidence reaches 1 / alpha, for both levels; 0: never.
struct Alarms {
  std::int64_t usual = 0;
  std::int64_t strict = 0;
};
using Level = std::int64_t Alarms::*;

std::vector<Alarms> runs_of(const Traffic& traffic, const MakeMethod& make);
double part_of(const std::vector<Alarms>& runs, Level level);
// A run that never alarms counts as later than all.
double median_of(const std::vector<Alarms>& runs, Level level);

}  // namespace slipway::sequential
