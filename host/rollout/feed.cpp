#include "host/rollout/feed.hpp"

#include <algorithm>

namespace slipway::rollout {

void Feed::subscribe(std::function<void(const std::string& tenant)> listener) { listener_ = std::move(listener); }

void Feed::known(const std::string& tenant) {
  if (listener_) listener_(tenant);
}

void Feed::published(const std::string& tenant) {
  known(tenant);
  const std::lock_guard lock(mutex_);
  const auto found = waiting_.find(tenant);
  if (found == waiting_.end()) return;
  for (const Waiter& waiter : found->second) waiter.ring();
}

std::unique_ptr<Feed::Watch> Feed::watch(const std::string& tenant, const boost::asio::any_io_executor& executor) {
  auto wakeup = std::make_shared<Wakeup>(executor, clock_, timers_);
  const std::lock_guard lock(mutex_);
  auto& waiters = waiting_[tenant];
  waiters.erase(
      std::remove_if(waiters.begin(), waiters.end(), [](const Waiter& waiter) { return waiter.alive.expired(); }),
      waiters.end());
  if (waiters.size() >= max_waiting_) return nullptr;
  waiters.push_back({wakeup, wakeup->remote_ring()});
  return std::make_unique<Watch>(std::move(wakeup));
}

}  // namespace slipway::rollout
