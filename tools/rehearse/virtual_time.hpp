// Time that stands still until it is turned to the next moment for which somebody waits.
#pragma once

#include <functional>
#include <map>

#include "host/base/clock.hpp"
#include "host/rollout/timers.hpp"

namespace slipway::simulate {

// For one thread.
class VirtualTime final : public base::Clock, public rollout::Timers {
 public:
  explicit VirtualTime(Instant begin) : begin_(begin) {}

  [[nodiscard]] Instant now() const override { return begin_ + nanoseconds(passed_); }
  [[nodiscard]] std::int64_t steady_ns() const override { return passed_; }
  Ticket at(std::int64_t steady_ns, std::function<void()> ring) override;
  // Without a ticket: it will ring.
  void after(Duration span, std::function<void()> ring);

  // Goes on to the next moment and rings; false when nobody waits.
  bool turn();

 private:
  using Ring = std::function<void()>;
  struct Due {
    std::weak_ptr<Ring> ring;    // the ticket owns it
    std::shared_ptr<Ring> kept;  // or nobody does
  };
  const Instant begin_;
  std::int64_t passed_ = 0;
  std::multimap<std::int64_t, Due> queue_;
};

}  // namespace slipway::simulate
