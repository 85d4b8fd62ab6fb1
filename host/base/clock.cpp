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

std::int64_t SystemClock::steady_ns() const { return read(CLOCK_MONOTONIC); }

}  // namespace slipway::base
