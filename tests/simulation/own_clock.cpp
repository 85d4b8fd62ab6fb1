#include "tests/simulation/own_clock.hpp"

#include <algorithm>

namespace slipway::sim {

// Not before its own steady clock shows that moment.
OwnClock::Ticket OwnClock::at(std::int64_t steady_ns, std::function<void()> ring) {
  if (loses && loses()) return std::make_shared<bool>();
  std::int64_t due = steady_ns - steady_ns * ppm_ / (kMillion + ppm_);
  while (own(due) < steady_ns) due += std::max<std::int64_t>(steady_ns - own(due), 1);
  return time_.at(due, std::move(ring));
}

}  // namespace slipway::sim
