// Time for decisions: the wall clock, except that it never goes back.
#pragma once

#include <mutex>

#include "host/base/clock.hpp"

namespace slipway::base {

// After a step back of the wall clock its time goes on at the pace of the steady clock, ahead of the wall clock by the
// step; after a step forward it follows. So no pause is begun anew, none is cut short by a step back, and what is
// recorded later has a later time. Safe from any thread.
class ForwardClock final : public Clock {
 public:
  // `wall` outlives it.
  explicit ForwardClock(const Clock& wall);

  [[nodiscard]] Instant now() const override;
  [[nodiscard]] std::int64_t steady_ns() const override { return wall_.steady_ns(); }
  // What others call now: sources of numbers, calendars.
  [[nodiscard]] const Clock& wall() const { return wall_; }
  // How far it is ahead of the wall clock; zero as a rule.
  [[nodiscard]] Duration lead() const;
  // From here on it is at least `earliest`: a time that is recorded already.
  void not_before(Instant earliest);

 private:
  // Under the mutex.
  std::int64_t advance() const;

  const Clock& wall_;
  mutable std::mutex mutex_;
  mutable std::int64_t last_ns_;
  mutable std::int64_t steady_ns_;
};

}  // namespace slipway::base
