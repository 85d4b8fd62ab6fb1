// Which version of which strategy the rollouts under way go by.
#pragma once

#include <algorithm>
#include <map>
#include <mutex>
#include <string>
#include <utility>

namespace slipway::rollout {

// Any thread.
class StrategyUses {
 public:
  // `user` is an application; it uses one version at most.
  void set(const std::string& user, std::string strategy, std::string version) {
    const std::lock_guard lock(mutex_);
    uses_[user] = {std::move(strategy), std::move(version)};
  }
  void clear(const std::string& user) {
    const std::lock_guard lock(mutex_);
    uses_.erase(user);
  }
  [[nodiscard]] std::size_t count(const std::string& strategy, const std::string& version) const {
    const std::lock_guard lock(mutex_);
    const auto wanted = std::pair(strategy, version);
    const auto found = std::count_if(uses_.begin(), uses_.end(), [&](const auto& use) { return use.second == wanted; });
    return static_cast<std::size_t>(found);
  }

 private:
  mutable std::mutex mutex_;
  std::map<std::string, std::pair<std::string, std::string>> uses_;
};

}  // namespace slipway::rollout
