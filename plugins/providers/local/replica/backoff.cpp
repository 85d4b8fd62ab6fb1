#include "plugins/providers/local/replica/backoff.hpp"

#include <algorithm>

namespace slipway::local {

std::chrono::milliseconds Backoff::ended(std::chrono::milliseconds ran, double jitter) {
  if (ran >= settings_.forgiven_after) ends_ = 0;
  const int doublings = std::min(ends_, 20);
  ++ends_;
  const auto wait = std::min(settings_.longest, settings_.first * (std::int64_t{1} << doublings));
  const auto spread =
      static_cast<std::int64_t>(static_cast<double>(wait.count()) * 0.25 * std::clamp(jitter, 0.0, 1.0));
  return wait - std::chrono::milliseconds(spread);
}

}  // namespace slipway::local
