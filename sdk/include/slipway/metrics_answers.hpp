// For metrics sources: what was answered for a window, so that the same question gets the same numbers again.
#pragma once

#include <deque>
#include <map>
#include <mutex>
#include <optional>
#include <slipway/interfaces/metrics.hpp>
#include <string>
#include <utility>

namespace slipway::metrics {

// Keeps the newest `most` replies. Safe from any thread.
class Answers {
 public:
  explicit Answers(std::size_t most) : most_(most) {}

  // What makes two questions the same: window, application, query, and the groups by role and release. Addresses do not
  // count, because replicas come and go between two askings.
  static std::string key_of(const QueryRequest& request) {
    Json groups = Json::array();
    for (const GroupRef& group : request.groups) groups.push_back({group.role, group.release});
    return to_text({request.tenant, request.application, request.window.id, request.query, groups});
  }

  [[nodiscard]] std::optional<QueryReply> find(const std::string& key) const {
    const std::lock_guard lock(mutex_);
    const auto found = replies_.find(key);
    return found == replies_.end() ? std::nullopt : std::optional(found->second);
  }
  // The reply to give: this one, or that of an equal question which was answered meanwhile.
  QueryReply keep(const std::string& key, QueryReply reply) {
    const std::lock_guard lock(mutex_);
    const auto [place, fresh] = replies_.emplace(key, std::move(reply));
    QueryReply kept = place->second;
    if (fresh) forget_oldest(key);
    return kept;
  }

 private:
  void forget_oldest(const std::string& newest) {
    order_.push_back(newest);
    if (order_.size() <= most_) return;
    replies_.erase(order_.front());
    order_.pop_front();
  }

  const std::size_t most_;
  mutable std::mutex mutex_;
  std::map<std::string, QueryReply> replies_;
  std::deque<std::string> order_;
};

}  // namespace slipway::metrics
