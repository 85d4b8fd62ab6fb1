// Word that something has come to rest, for those who wait until nothing is at work. Thread-safe.
#pragma once

#include <functional>
#include <memory>
#include <mutex>
#include <vector>

namespace slipway::rollout {

class RestBell {
 public:
  using Ring = std::function<void()>;

  // Called at each ring for as long as what is returned lives, from any thread and without a lock.
  [[nodiscard]] std::shared_ptr<const Ring> listen(Ring ring);
  void ring();

 private:
  std::mutex mutex_;
  std::vector<std::weak_ptr<const Ring>> listeners_;
};

}  // namespace slipway::rollout
