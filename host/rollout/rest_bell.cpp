#include "host/rollout/rest_bell.hpp"

namespace slipway::rollout {

std::shared_ptr<const RestBell::Ring> RestBell::listen(Ring ring) {
  auto listener = std::make_shared<const Ring>(std::move(ring));
  const std::lock_guard lock(mutex_);
  std::erase_if(listeners_, [](const auto& weak) { return weak.expired(); });
  listeners_.push_back(listener);
  return listener;
}

void RestBell::ring() {
  std::vector<std::weak_ptr<const Ring>> heard;
  {
    const std::lock_guard lock(mutex_);
    heard = listeners_;
  }
  for (const auto& weak : heard) {
    if (const auto listener = weak.lock()) (*listener)();
  }
}

}  // namespace slipway::rollout
