// The profile's words to the engine, exchanged while it runs.
#pragma once

#include <memory>
#include <mutex>

#include "host/rollout/settings.hpp"

namespace slipway::rollout {

// Any thread. Whoever asks holds what it was at that moment.
class CurrentWiring {
 public:
  explicit CurrentWiring(Wiring first) : wiring_(std::make_shared<const Wiring>(std::move(first))) {}
  [[nodiscard]] std::shared_ptr<const Wiring> get() const {
    const std::lock_guard lock(mutex_);
    return wiring_;
  }
  void set(Wiring wiring) {
    auto next = std::make_shared<const Wiring>(std::move(wiring));
    const std::lock_guard lock(mutex_);
    wiring_ = std::move(next);
  }

 private:
  mutable std::mutex mutex_;
  std::shared_ptr<const Wiring> wiring_;
};

}  // namespace slipway::rollout
