// How counts have grown lately.
#pragma once

#include <cstdint>
#include <slipway/values.hpp>
#include <utility>

namespace slipway::bridge {

// What a look back covers at least. The time keeps one short moment under load from being all of it, the number a few
// calls without.
struct Span {
  Duration time = seconds(10);
  std::uint64_t calls = 1'000;
};

// Counts that only grow, over the last one to two spans; from the first on while there were fewer. So what was long ago
// dilutes nothing. Counts have a number of `calls`, and are subtracted from each other. For one coroutine.
template <class Counts>
class Recent {
 public:
  explicit Recent(Counts at_first) : from_(at_first), middle_(std::move(at_first)) {}

  // `at` is the time since the first.
  Counts grown_to(const Counts& now, Duration at, const Span& span) {
    Counts grown = now - from_;
    if (at - middle_at_ >= span.time && now.calls - middle_.calls >= span.calls) {
      from_ = std::exchange(middle_, now);
      middle_at_ = at;
    }
    return grown;
  }

 private:
  Counts from_;
  Counts middle_;
  Duration middle_at_{};
};

}  // namespace slipway::bridge
