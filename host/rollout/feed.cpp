#include "host/rollout/feed.hpp"

#include <algorithm>

namespace slipway::rollout {

void Feed::subscribe(std::function<void(const std::string& tenant)> listener) { listener_ = std::move(listener); }

void Feed::known(const std::string& tenant) {
  {
    const std::lock_guard lock(mutex_);
    known_.insert(tenant);
  }
  if (listener_) listener_(tenant);
}

std::vector<std::string> Feed::tenants() const {
  const std::lock_guard lock(mutex_);
  return {known_.begin(), known_.end()};
}

bool Feed::is_watched(const std::string& tenant) const {
  const std::lock_guard lock(mutex_);
  const auto found = waiting_.find(tenant);
  return found != waiting_.end() &&
         std::ranges::any_of(found->second, [](const Waiter& waiter) { return !waiter.alive.expired(); });
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
