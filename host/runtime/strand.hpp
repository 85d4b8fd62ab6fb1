// One after the other: the queue that keeps the calls of one plugin instance from overlapping.
#pragma once

#include <atomic>
#include <boost/asio/any_io_executor.hpp>
#include <deque>
#include <memory>
#include <mutex>
#include <thread>

#include "host/runtime/blocking_pool.hpp"
#include "host/runtime/task.hpp"

namespace slipway::runtime {

// Where a task of a strand runs. Both keep the one order: a task that may block is moved to the pool, its successors
// wait.
enum class Lane { io, blocking };

// Thread-safe. Tasks run in the order of post, never two at once, never inside post. It is made held: nothing runs
// until release. Bounds are the poster's: each kind of task has its own.
class Strand : public std::enable_shared_from_this<Strand> {
 public:
  Strand(boost::asio::any_io_executor executor, BlockingPool& pool) : executor_(std::move(executor)), pool_(pool) {}

  void post(Lane lane, Task task);
  void release();
  // Drops what waits and refuses what comes.
  void close();

  // Tasks that have not begun.
  [[nodiscard]] std::size_t waiting() const;
  [[nodiscard]] bool running_in_this_thread() const { return runner_.load() == std::this_thread::get_id(); }

 private:
  struct Item {
    Lane lane;
    Task task;
  };
  void schedule(Lane lane);
  void run(Lane lane);
  // The next task when it belongs to the lane; otherwise the strand is handed over or put to rest.
  Task next(Lane lane);

  const boost::asio::any_io_executor executor_;
  BlockingPool& pool_;
  mutable std::mutex mutex_;
  std::deque<Item> items_;
  bool active_ = true;
  bool closed_ = false;
  std::atomic<std::thread::id> runner_{};
};

}  // namespace slipway::runtime
