// Where the calls of a binding wait while its instance is exchanged.
#pragma once

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/awaitable.hpp>
#include <chrono>
#include <cstddef>
#include <memory>
#include <mutex>
#include <slipway/status.hpp>
#include <string>
#include <vector>

#include "host/runtime/one_shot.hpp"

namespace slipway::bridge {

// Thread-safe. Closed when made, opened once. Held by shared_ptr, by the routes that lead to it and by who waits.
class Intake {
 public:
  static constexpr std::size_t kMaxWaiting = 4096;

  // OK as soon as it opens; DEADLINE_EXCEEDED at the deadline, RESOURCE_EXHAUSTED when too many wait already. Resumes
  // on the caller's executor.
  boost::asio::awaitable<Status> wait(std::string binding, std::chrono::steady_clock::time_point deadline);
  // Lets everybody go on, now and later.
  void open();
  [[nodiscard]] std::size_t waiting() const;

 private:
  using Waiter = runtime::OneShot<Status>;

  Status add(const std::shared_ptr<Waiter>& waiter, const std::string& binding);

  mutable std::mutex mutex_;
  bool open_ = false;
  std::vector<std::shared_ptr<Waiter>> waiters_;
};

}  // namespace slipway::bridge
