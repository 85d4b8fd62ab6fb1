#include "plugins/storage/sqlite/clock.hpp"

#include <algorithm>
#include <chrono>
#include <utility>

namespace slipway::sqlite {
namespace {

template <class Clock>
std::int64_t reading() {
  return std::chrono::duration_cast<std::chrono::nanoseconds>(Clock::now().time_since_epoch()).count();
}

}  // namespace

TimeSource system_time() { return {reading<std::chrono::system_clock>, reading<std::chrono::steady_clock>}; }

StoreClock::StoreClock(TimeSource source, Instant earliest)
    : source_(std::move(source)), last_ns_(earliest.ns), steady_ns_(source_.steady_ns()) {}

Instant StoreClock::now() {
  const std::scoped_lock lock(mutex_);
  // In this order: a pause between the two readings must not be counted twice.
  const std::int64_t wall = source_.wall_ns();
  const std::int64_t steady = source_.steady_ns();
  last_ns_ = std::max(wall, last_ns_ + (steady - steady_ns_));
  steady_ns_ = steady;
  return {last_ns_};
}

}  // namespace slipway::sqlite
