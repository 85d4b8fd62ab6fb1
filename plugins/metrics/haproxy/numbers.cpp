#include "plugins/metrics/haproxy/numbers.hpp"

#include <algorithm>
#include <utility>

namespace slipway::haproxy {

bool Numbers::take(std::uint64_t number, Instant at) {
  const Instant before = std::exchange(last_, std::max(last_, at));
  if (!std::exchange(begun_, true)) {
    first_ = highest_ = number;
    return true;
  }
  if (number <= highest_) return is_early(number) || fill(number);
  if (number > highest_ + 1) gaps_.push_back({highest_ + 1, number - 1, before, last_});
  if (gaps_.size() > kMostGaps) forget_before(gaps_.front().after + nanoseconds(1));
  highest_ = number;
  return true;
}

// Nobody knows which numbers below the first will come, so none of them is missing.
bool Numbers::is_early(std::uint64_t number) {
  if (number >= first_ || first_ - number > kDisorder) return false;
  const std::uint64_t bit = std::uint64_t{1} << (first_ - number - 1);
  return (std::exchange(early_, early_ | bit) & bit) == 0;
}

bool Numbers::fill(std::uint64_t number) {
  const auto gap =
      std::find_if(gaps_.rbegin(), gaps_.rend(), [&](const Gap& g) { return g.first <= number && number <= g.last; });
  if (gap == gaps_.rend()) {
    ++doubled_;
    return false;
  }
  const Gap whole = *gap;
  auto place = gaps_.erase(std::next(gap).base());
  if (number < whole.last) place = gaps_.insert(place, {number + 1, whole.last, whole.before, whole.after});
  if (number > whole.first) gaps_.insert(place, {whole.first, number - 1, whole.before, whole.after});
  return true;
}

std::uint64_t Numbers::missing(Instant from, Instant to) const {
  std::uint64_t count = 0;
  for (const Gap& gap : gaps_) {
    if (gap.after >= from && gap.before < to) count += gap.last - gap.first + 1;
  }
  return count;
}

std::uint64_t Numbers::missing() const {
  std::uint64_t count = given_up_;
  for (const Gap& gap : gaps_) count += gap.last - gap.first + 1;
  return count;
}

void Numbers::forget_before(Instant horizon) {
  while (!gaps_.empty() && gaps_.front().after < horizon) {
    given_up_ += gaps_.front().last - gaps_.front().first + 1;
    gaps_.pop_front();
  }
}

}  // namespace slipway::haproxy
