#include "host/worker/open_calls.hpp"

#include <slipway/abi/plugin.h>

namespace slipway::worker {

void OpenCalls::begin(std::uint64_t id, Clock::time_point now, std::int64_t budget_ns) {
  // A budget beyond a year is none: adding it to the clock could go past its end.
  constexpr std::chrono::nanoseconds kYear = std::chrono::hours(24 * 365);
  const bool bounded = budget_ns < kYear.count();
  const auto end = bounded ? now + std::chrono::nanoseconds(budget_ns) : Clock::time_point::max();
  const std::lock_guard lock(mutex_);
  open_[id] = end;
}

bool OpenCalls::cancel(std::uint64_t id) {
  const std::lock_guard lock(mutex_);
  const auto found = open_.find(id);
  if (found == open_.end()) return false;
  found->second = Clock::time_point::min();
  return true;
}

void OpenCalls::end(std::uint64_t id) {
  const std::lock_guard lock(mutex_);
  open_.erase(id);
}

bool OpenCalls::is_cancelled(std::uint64_t id) const {
  const std::lock_guard lock(mutex_);
  const auto found = open_.find(id);
  return found == open_.end() || found->second <= Clock::now();
}

}  // namespace slipway::worker
