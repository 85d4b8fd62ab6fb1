// Time as an argument: whoever needs it takes a Clock, so that a test can turn it.
#pragma once

#include <cstdint>
#include <slipway/values.hpp>

namespace slipway::base {

// Safe from any thread.
class Clock {
 public:
  Clock() = default;
  Clock(const Clock&) = delete;
  Clock& operator=(const Clock&) = delete;
  virtual ~Clock() = default;

  // Wall time: for people and for what outlives the process. It may step backwards.
  [[nodiscard]] virtual Instant now() const = 0;
  // Nanoseconds of this boot, those of a suspended machine too; never goes back. For leases, deadlines and durations.
  [[nodiscard]] virtual std::int64_t steady_ns() const = 0;
};

class SystemClock final : public Clock {
 public:
  [[nodiscard]] Instant now() const override;
  [[nodiscard]] std::int64_t steady_ns() const override;
};

}  // namespace slipway::base
