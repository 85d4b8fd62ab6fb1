#include "plugins/metrics/haproxy/numbers.hpp"

#include <algorithm>
#include <utility>

namespace slipway::haproxy {

bool Numbers::take(std::uint64_t number, Instant at, std::uint64_t mark, Again again) {
  const Instant before = std::exchange(last_, std::max(last_, at));
  const bool first = !std::exchange(begun_, true);
  if (first) first_ = highest_ = number;
  if (!first && number <= highest_ && !is_new(number, mark)) {
    doubled_ += again == Again::counted ? 1 : 0;
    return false;
  }
  if (number > highest_ + 1) gaps_.push_back({highest_ + 1, number - 1, before, last_});
  highest_ = std::max(highest_, number);
  if (!twins_.empty()) pass_over();
  if (gaps_.size() > kMostGaps) forget_before(gaps_.front().after + nanoseconds(1));
  remember(number, mark);
  return true;
}

bool Numbers::is_new(std::uint64_t number, std::uint64_t mark) {
  if (known(number, mark) == Known::by_mark) return false;
  if (fill(number) || is_early(number)) return true;
  const bool twin = known(number, mark) == Known::by_number;
  // Passed over for another's twin, it comes after all: another number is the one that nobody has.
  const bool passed =
      !twin && number >= first_ && highest_ - number < kDisorder && recent_[number % kRecent].number != number;
  if (!twin && !passed) return false;
  twins_.push_back({.number = number, .until = highest_ + kDisorder});
  return true;
}

Numbers::Known Numbers::known(std::uint64_t number, std::uint64_t mark) const {
  const Recent& one = recent_[number % kRecent];
  if (one.count == 0 || one.number != number) return Known::no;
  const auto end = one.marks.begin() + static_cast<std::ptrdiff_t>(std::min(one.count, kTwins));
  return std::find(one.marks.begin(), end, mark) == end ? Known::by_number : Known::by_mark;
}

void Numbers::remember(std::uint64_t number, std::uint64_t mark) {
  Recent& one = recent_[number % kRecent];
  if (one.count > 0 && one.number > number) return;
  if (one.number != number) one = {.number = number};
  one.marks[one.count++ % kTwins] = mark;
}

// The next number that is missing after a twin's is the one that nobody has.
void Numbers::pass_over() {
  std::erase_if(twins_, [this](const Twin& twin) {
    const auto gap = std::find_if(gaps_.begin(), gaps_.end(), [&](const Gap& g) { return g.last > twin.number; });
    const std::uint64_t nobodys = gap == gaps_.end() ? UINT64_MAX : std::max(gap->first, twin.number + 1);
    if (nobodys > twin.until) return highest_ > twin.until;
    return fill(nobodys);
  });
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
  if (gap == gaps_.rend()) return false;
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

std::uint64_t Numbers::missing(Instant until) const {
  std::uint64_t count = given_up_;
  for (const Gap& gap : gaps_) count += gap.after < until ? gap.last - gap.first + 1 : 0;
  return count;
}

void Numbers::forget_before(Instant horizon) {
  while (!gaps_.empty() && gaps_.front().after < horizon) {
    given_up_ += gaps_.front().last - gaps_.front().first + 1;
    gaps_.pop_front();
  }
}

}  // namespace slipway::haproxy
