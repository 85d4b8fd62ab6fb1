// Connections that wait for their next request. Not for use outside this folder.
#pragma once

#include <chrono>
#include <list>
#include <memory>
#include <mutex>

#include "host/services/http_client.hpp"
#include "host/services/http_connection.hpp"

namespace slipway::services {

// Thread-safe.
class HttpPool {
 public:
  explicit HttpPool(const HttpClientSettings& settings) : settings_(settings) {}

  // One that is still open, the youngest first; null when there is none.
  std::unique_ptr<HttpConnection> take(const HttpOrigin& origin);
  // Keeps it, at the cost of the oldest when a bound is reached.
  void give(const HttpOrigin& origin, std::unique_ptr<HttpConnection> connection);
  [[nodiscard]] std::size_t size() const;

 private:
  struct Idle {
    HttpOrigin origin;
    std::unique_ptr<HttpConnection> connection;
    std::chrono::steady_clock::time_point since;
  };
  using List = std::list<Idle>;  // oldest first
  // Moves what is too old, or one too many, to the other list, whose end closes it outside the lock.
  void evict(List& gone);
  List::iterator oldest_of(const HttpOrigin& origin);

  const HttpClientSettings settings_;
  mutable std::mutex mutex_;
  List idle_;
};

}  // namespace slipway::services
