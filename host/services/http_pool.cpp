#include "host/services/http_pool.hpp"

#include <algorithm>

namespace slipway::services {

std::unique_ptr<HttpConnection> HttpPool::take(const HttpOrigin& origin) {
  List gone;
  const std::lock_guard lock(mutex_);
  evict(gone);
  for (auto it = idle_.end(); it != idle_.begin();) {
    --it;
    if (it->origin != origin) continue;
    auto connection = std::move(it->connection);
    it = idle_.erase(it);
    if (connection->quiet()) return connection;
  }
  return nullptr;
}

void HttpPool::give(const HttpOrigin& origin, std::unique_ptr<HttpConnection> connection) {
  List gone;
  const std::lock_guard lock(mutex_);
  idle_.push_back({origin, std::move(connection), std::chrono::steady_clock::now()});
  const auto here = std::count_if(idle_.begin(), idle_.end(), [&](const Idle& one) { return one.origin == origin; });
  if (here > settings_.idle_per_host) gone.splice(gone.end(), idle_, oldest_of(origin));
  evict(gone);
}

std::size_t HttpPool::size() const {
  const std::lock_guard lock(mutex_);
  return idle_.size();
}

void HttpPool::evict(List& gone) {
  const auto oldest = std::chrono::steady_clock::now() - std::chrono::nanoseconds(settings_.idle_time.ns);
  while (!idle_.empty() && (idle_.front().since < oldest || idle_.size() > settings_.idle_altogether)) {
    gone.splice(gone.end(), idle_, idle_.begin());
  }
}

HttpPool::List::iterator HttpPool::oldest_of(const HttpOrigin& origin) {
  return std::find_if(idle_.begin(), idle_.end(), [&](const Idle& one) { return one.origin == origin; });
}

}  // namespace slipway::services
