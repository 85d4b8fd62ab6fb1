#include "host/base/clock.hpp"

#include <ctime>

namespace slipway::base {
namespace {

std::int64_t read(clockid_t id) {
  timespec time{};
  clock_gettime(id, &time);
  return std::int64_t{time.tv_sec} * 1'000'000'000 + time.tv_nsec;
}

}  // namespace

Instant SystemClock::now() const { return {read(CLOCK_REALTIME)}; }

// CLOCK_MONOTONIC stands still while the machine is suspended: a host that wakes up would believe in a lease that the
// store has given away meanwhile.
std::int64_t SystemClock::steady_ns() const { return read(CLOCK_BOOTTIME); }

}  // namespace slipway::base
