#include "host/isolation/restart_policy.hpp"

#include <algorithm>

namespace slipway::isolation {

Duration RestartPolicy::ended(Duration ran) {
  if (ran >= settings_.stable) crashes_ = 0;
  ++crashes_;
  Duration wait = settings_.circuit;
  if (!open()) {
    // 2^20 times the first is longer than the longest for any sensible setting.
    const std::uint32_t doublings = std::min<std::uint32_t>(crashes_ - 1, 20);
    wait = {std::min(settings_.longest.ns, settings_.first.ns << doublings)};
  }
  return {wait.ns + static_cast<std::int64_t>(random_.below(static_cast<std::uint64_t>(wait.ns / 4) + 1))};
}

}  // namespace slipway::isolation
