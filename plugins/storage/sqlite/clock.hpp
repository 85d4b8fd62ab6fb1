// The store's time: the wall clock, except that it never goes back.
#pragma once

#include <cstdint>
#include <functional>
#include <mutex>
#include <slipway/values.hpp>

namespace slipway::sqlite {

// Where the readings come from; tests turn their own.
struct TimeSource {
  std::function<std::int64_t()> wall_ns;
  std::function<std::int64_t()> steady_ns;
};
TimeSource system_time();

// After a step back of the wall clock the store's time goes on at the pace of the steady clock, so that leases still
// run out; after a step forward it follows. Safe from any thread.
class StoreClock {
 public:
  // The first reading is at least `earliest`: the newest time that the file holds.
  StoreClock(TimeSource source, Instant earliest);
  [[nodiscard]] Instant now();

 private:
  TimeSource source_;
  std::mutex mutex_;
  std::int64_t last_ns_;
  std::int64_t steady_ns_;
};

}  // namespace slipway::sqlite
