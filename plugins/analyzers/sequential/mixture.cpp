#include "plugins/analyzers/sequential/mixture.hpp"

#include <algorithm>
#include <cmath>
#include <limits>

#include "plugins/analyzers/sequential/logs.hpp"

namespace slipway::sequential {
namespace {

// The weight of one later begin.
double weight_of_one(Moment moment) { return 0.5 / static_cast<double>(moment.planned - 1); }

// The weight of the begins that are still to come: what has not begun has the value 1.
double weight_to_come(Moment moment) {
  if (moment.number >= moment.planned) return 0;
  return static_cast<double>(moment.planned - moment.number) * weight_of_one(moment);
}

void take(std::vector<double>& numbers, std::span<const double>& from) {
  std::copy_n(from.begin(), numbers.size(), numbers.begin());
  from = from.subspan(numbers.size());
}

}  // namespace

Mixture::Mixture(std::size_t points, Onset onset, Sums sums) : sums_(sums), from_first_(points, 0.0) {
  if (onset == Onset::any_interval) from_later_.assign(points, -std::numeric_limits<double>::infinity());
}

void Mixture::add(std::span<const double> steps, Moment moment) {
  for (std::size_t i = 0; i < from_first_.size(); ++i) from_first_[i] += steps[i];
  const bool begins = moment.number > 1 && moment.number <= moment.planned;
  const double beginning = begins && !from_later_.empty() ? std::log(weight_of_one(moment)) : 0;
  for (std::size_t i = 0; i < from_later_.size(); ++i) {
    if (begins) from_later_[i] = log_add(from_later_[i], beginning);
    from_later_[i] += steps[i];
  }
}

double Mixture::log_value(Moment moment) const {
  if (from_later_.empty() || moment.planned < 2) return log_mean(from_first_);
  std::vector<double> both(from_first_.size());
  for (std::size_t i = 0; i < both.size(); ++i) both[i] = log_add(from_first_[i] + std::log(0.5), from_later_[i]);
  return log_add(log_mean(both), std::log(weight_to_come(moment)));
}

std::size_t Mixture::size() const { return (sums_ == Sums::kept ? from_first_.size() : 0) + from_later_.size(); }

void Mixture::save(std::vector<double>& to) const {
  if (sums_ == Sums::kept) to.insert(to.end(), from_first_.begin(), from_first_.end());
  to.insert(to.end(), from_later_.begin(), from_later_.end());
}

void Mixture::restore(std::span<const double>& from) {
  if (sums_ == Sums::kept) take(from_first_, from);
  take(from_later_, from);
}

void Mixture::restore_with_sums(std::span<const double>& from) {
  take(from_first_, from);
  take(from_later_, from);
}

}  // namespace slipway::sequential
