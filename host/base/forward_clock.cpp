#include "host/base/forward_clock.hpp"

#include <algorithm>

namespace slipway::base {

ForwardClock::ForwardClock(const Clock& wall) : wall_(wall), last_ns_(wall.now().ns), steady_ns_(wall.steady_ns()) {}

Instant ForwardClock::now() const {
  const std::lock_guard lock(mutex_);
  return {advance()};
}

std::int64_t ForwardClock::advance() const {
  // In this order: a pause between the two readings must not be counted twice.
  const std::int64_t wall = wall_.now().ns;
  const std::int64_t steady = wall_.steady_ns();
  last_ns_ = std::max(wall, last_ns_ + (steady - steady_ns_));
  steady_ns_ = steady;
  return last_ns_;
}

Duration ForwardClock::lead() const {
  const Instant mine = now();
  return std::max(Duration{}, mine - wall_.now());
}

void ForwardClock::not_before(Instant earliest) {
  const std::lock_guard lock(mutex_);
  last_ns_ = std::max(advance(), earliest.ns);
}

}  // namespace slipway::base
