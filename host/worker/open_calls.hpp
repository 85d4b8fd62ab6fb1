// The calls that the plugin has still to answer, so that it can ask whether anybody waits.
#pragma once

#include <chrono>
#include <cstdint>
#include <mutex>
#include <unordered_map>

namespace slipway::worker {

// Thread-safe.
class OpenCalls {
 public:
  using Clock = std::chrono::steady_clock;
  void begin(std::uint64_t id, Clock::time_point now, std::int64_t budget_ns);
  // The caller has given up; false when the call is answered already.
  bool cancel(std::uint64_t id);
  // It was answered.
  void end(std::uint64_t id);
  // Also true for a call that is not open.
  [[nodiscard]] bool is_cancelled(std::uint64_t id) const;

 private:
  mutable std::mutex mutex_;
  // When it is over for the caller; the beginning of time when it was cancelled.
  std::unordered_map<std::uint64_t, Clock::time_point> open_;
};

}  // namespace slipway::worker
