// When a worker that ended is started again, and when no more.
#pragma once

#include <cstdint>
#include <optional>
#include <slipway/values.hpp>

#include "host/base/random.hpp"

namespace slipway::isolation {

struct RestartSettings {
  Duration first = milliseconds(20);  // before the first new start; each further one waits twice as long
  Duration longest = seconds(30);
  Duration stable = seconds(60);       // a worker that ran so long begins anew
  std::uint32_t crashes = 6;           // in a row, each before it was stable: the circuit opens
  Duration circuit = seconds(5 * 60);  // how long it stays open before one more try
};

// One thread at a time.
class RestartPolicy {
 public:
  // `random` outlives it.
  RestartPolicy(RestartSettings settings, base::Random& random) : settings_(settings), random_(random) {}

  // The worker ended after having run so long; how long to wait for the next start, up to a quarter more than planned,
  // so that many do not start at once.
  Duration ended(Duration ran);
  // Ends in a row.
  [[nodiscard]] std::uint32_t crashes() const { return crashes_; }
  [[nodiscard]] bool open() const { return crashes_ >= settings_.crashes; }

 private:
  const RestartSettings settings_;
  base::Random& random_;
  std::uint32_t crashes_ = 0;
};

}  // namespace slipway::isolation
