// A clock that stands still until a test turns it.
#pragma once

#include <atomic>

#include "host/base/clock.hpp"

namespace slipway::test {

// Safe from any thread.
class ManualClock final : public base::Clock {
 public:
  explicit ManualClock(Instant start = {1'700'000'000'000'000'000}) : wall_(start.ns) {}

  [[nodiscard]] Instant now() const override { return {wall_}; }
  [[nodiscard]] std::int64_t steady_ns() const override { return steady_; }

  // Both times go on.
  void advance(Duration span) {
    wall_ += span.ns;
    steady_ += span.ns;
  }
  // The wall clock alone jumps, also backwards, as after a correction.
  void step_wall(Instant to) { wall_ = to.ns; }

 private:
  std::atomic<std::int64_t> wall_;
  std::atomic<std::int64_t> steady_{1'000'000'000};
};

}  // namespace slipway::test
