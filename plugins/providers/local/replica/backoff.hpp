// When to start a replica again that ended by itself. Plain value; pure.
#pragma once

#include <chrono>
#include <cstdint>

namespace slipway::local {

struct BackoffSettings {
  std::chrono::milliseconds first{500};
  std::chrono::milliseconds longest{30'000};
  std::chrono::milliseconds forgiven_after{60'000};  // a run as long as this ends the series
  int crash_loop_at = 3;                             // ends in a row
};

class Backoff {
 public:
  explicit Backoff(BackoffSettings settings, int ends_in_a_row = 0) : settings_(settings), ends_(ends_in_a_row) {}

  // The process ended after having run this long. `jitter` from 0 to 1 spreads the wait over its upper quarter.
  std::chrono::milliseconds ended(std::chrono::milliseconds ran, double jitter);

  [[nodiscard]] int ends_in_a_row() const { return ends_; }
  [[nodiscard]] bool crash_loop() const { return ends_ >= settings_.crash_loop_at; }
  void forgive() { ends_ = 0; }

 private:
  BackoffSettings settings_;
  int ends_;
};

}  // namespace slipway::local
