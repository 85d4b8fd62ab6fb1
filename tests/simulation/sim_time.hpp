// Time of a simulated world: it stands still until the world turns it to the next moment for which somebody waits.
#pragma once

#include <functional>
#include <map>

#include "host/rollout/timers.hpp"
#include "tests/support/manual_clock.hpp"

namespace slipway::sim {

class SimTime final : public rollout::Timers {
 public:
  Ticket at(std::int64_t steady_ns, std::function<void()> ring) override;
  // For the world's own processes; never dropped.
  void after(Duration span, std::function<void()> ring);

  [[nodiscard]] Instant now() const { return clock_.now(); }
  [[nodiscard]] test::ManualClock& clock() { return clock_; }
  // Turns the clock to the next moment and rings; false when nobody waits.
  bool turn();

 private:
  using Ring = std::function<void()>;
  test::ManualClock clock_;
  std::multimap<std::int64_t, std::weak_ptr<Ring>> queue_;  // the ticket owns its ring
  std::multimap<std::int64_t, std::shared_ptr<Ring>> own_;
};

}  // namespace slipway::sim
