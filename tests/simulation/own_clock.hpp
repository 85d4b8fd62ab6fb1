// The clock of one machine of a simulated world: off by a span, and a little faster or slower than the world's.
#pragma once

#include "tests/simulation/sim_time.hpp"

namespace slipway::sim {

class OwnClock final : public base::Clock, public rollout::Timers {
 public:
  explicit OwnClock(SimTime& time) : time_(time) {}
  // Before anybody reads it. `ppm`: how much faster than the world's, in parts per million.
  void set(Duration skew, std::int64_t ppm) {
    skew_ = skew;
    ppm_ = ppm;
  }
  // Whether a ring gets lost, asked for each; nobody is told.
  std::function<bool()> loses;
  // The wall clock alone jumps.
  void step(Duration by) { skew_ = skew_ + by; }

  [[nodiscard]] Instant now() const override { return time_.now() + skew_ + gained(time_.clock().steady_ns()); }
  [[nodiscard]] std::int64_t steady_ns() const override { return own(time_.clock().steady_ns()); }
  Ticket at(std::int64_t steady_ns, std::function<void()> ring) override;

 private:
  [[nodiscard]] Duration gained(std::int64_t steady_ns) const { return {steady_ns * ppm_ / kMillion}; }
  [[nodiscard]] std::int64_t own(std::int64_t steady_ns) const { return steady_ns + gained(steady_ns).ns; }

  static constexpr std::int64_t kMillion = 1'000'000;
  SimTime& time_;
  Duration skew_;
  std::int64_t ppm_ = 0;
};

}  // namespace slipway::sim
