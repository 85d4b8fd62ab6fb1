// Threads for work that blocks: libraries without asynchronous calls, joins, file systems.
#pragma once

#include <atomic>
#include <boost/asio/thread_pool.hpp>
#include <cstdint>
#include <slipway/status.hpp>
#include <string>

#include "host/runtime/task.hpp"

namespace slipway::runtime {

struct BlockingPoolSettings {
  std::string name;
  std::uint32_t threads = 4;
  // Tasks that wait or run, at most.
  std::uint32_t limit = 256;
};

// Thread-safe. The destructor waits for every task that was taken.
class BlockingPool {
 public:
  explicit BlockingPool(BlockingPoolSettings settings);
  BlockingPool(const BlockingPool&) = delete;
  BlockingPool& operator=(const BlockingPool&) = delete;
  ~BlockingPool();

  // Runs the task on one of the threads; RESOURCE_EXHAUSTED when the limit is reached, and the task is then dropped.
  Status post(Task task);
  // The same without the limit: for the few tasks that end something and so make room.
  void post_always(Task task);

  // Waits until every task that was taken has run and ends the threads. Idempotent; never from one of them.
  void join() { threads_.join(); }

  [[nodiscard]] bool running_in_this_thread() const { return threads_.get_executor().running_in_this_thread(); }
  // Tasks that wait or run.
  [[nodiscard]] std::uint32_t pending() const { return pending_.load(std::memory_order_relaxed); }
  // Tasks dropped because of the limit, ever.
  [[nodiscard]] std::uint64_t refused() const { return refused_.load(std::memory_order_relaxed); }

 private:
  void run(Task task);

  const BlockingPoolSettings settings_;
  std::atomic<std::uint32_t> pending_{0};
  std::atomic<std::uint64_t> refused_{0};
  mutable boost::asio::thread_pool threads_;
};

}  // namespace slipway::runtime
