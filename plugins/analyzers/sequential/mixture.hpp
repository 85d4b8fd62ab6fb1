// Evidence that grows interval by interval and may be looked at after each of them.
//
// A mixture holds one likelihood ratio for each point of a grid of alternatives; its value is their mean. Each of them
// is a supermartingale that starts at 1 while the hypothesis under test is true, and so is the mean: the chance that it
// ever reaches 1/alpha is at most alpha (Ville's inequality), however often one looks and whenever one stops.
#pragma once

#include <cstdint>
#include <span>
#include <utility>
#include <vector>

namespace slipway::sequential {

// Where a run stands: its intervals are numbered from 1 and `planned` of them are expected.
struct Moment {
  std::int64_t number = 1;
  std::int64_t planned = 1;
};

// What a mixture looks for: an effect that is there from the begin, or also one that begins later. The second weighs
// the first interval with one half and spreads the other half evenly over the later ones that are planned, which costs
// at most log 2 and keeps clean intervals from having to be paid back when an effect begins late.
enum class Onset : std::uint8_t { first_interval, any_interval };

// Whether the logs since the first interval are kept between two judgements, or can be told from the counts.
enum class Sums : std::uint8_t { kept, told };

class Mixture {
 public:
  Mixture() = default;
  Mixture(std::size_t points, Onset onset, Sums sums = Sums::kept);

  // Takes one interval in: for each point, the log of its likelihood ratio there.
  void add(std::span<const double> steps, Moment moment);
  // The logs since the first interval, where they are told.
  void tell(std::vector<double> sums) { from_first_ = std::move(sums); }
  // The log of its value after the interval `moment`; 0 before the first.
  [[nodiscard]] double log_value(Moment moment) const;

  // All that it knows and is not told, to be kept between two judgements: `size` numbers.
  [[nodiscard]] std::size_t size() const;
  void save(std::vector<double>& to) const;
  // Takes its numbers off the front.
  void restore(std::span<const double>& from);
  // The same with the sums, though they could be told.
  [[nodiscard]] std::size_t size_with_sums() const { return from_first_.size() + from_later_.size(); }
  void restore_with_sums(std::span<const double>& from);

 private:
  Sums sums_ = Sums::kept;
  std::vector<double> from_first_;  // logs, one for each point
  std::vector<double> from_later_;  // the same with the weight of their beginnings; empty when none is looked for
};

}  // namespace slipway::sequential
