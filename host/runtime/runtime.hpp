// The threads of the host. No other folder creates an Asio context.
#pragma once

#include <atomic>
#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/io_context.hpp>
#include <cstdint>
#include <memory>
#include <mutex>
#include <thread>
#include <vector>

#include "host/runtime/blocking_pool.hpp"
#include "host/runtime/spare_threads.hpp"

namespace slipway::runtime {

struct RuntimeSettings {
  std::uint32_t threads = 2;
  BlockingPoolSettings blocking{.name = "blocking"};
  SpareThreadsSettings spare{};
};

// One Asio context that all of the host shares, and a bounded pool for what blocks. Nothing that runs on the context
// may block; should a plugin do it all the same until no thread is left, a spare one takes over. An exception that
// leaves a handler ends the process.
class Runtime {
 public:
  explicit Runtime(RuntimeSettings settings);
  Runtime(const Runtime&) = delete;
  Runtime& operator=(const Runtime&) = delete;
  // Stops.
  ~Runtime();

  // Starts the threads; work given before waits for it. Once.
  void start();
  // Waits for the blocking work that was taken, then ends the threads after their current handler and drops what is
  // queued. Idempotent; never from one of its threads. It waits for ever for blocking code that does not return: after
  // an instance's stop that reported such code, end the process without it.
  void stop();

  [[nodiscard]] boost::asio::any_io_executor executor() { return context_.get_executor(); }
  [[nodiscard]] boost::asio::io_context& context() { return context_; }
  [[nodiscard]] BlockingPool& blocking() { return blocking_; }
  [[nodiscard]] const BlockingPool& blocking() const { return blocking_; }
  // How many threads stand in for others that code does not give back.
  [[nodiscard]] std::uint32_t spare_threads() const { return spare_.count(); }
  // A pool of somebody's own. The runtime keeps it too, so that its last user may be one of its threads.
  std::shared_ptr<BlockingPool> make_pool(BlockingPoolSettings settings);
  // Tells the calls of one plugin instance from those of another; counts up and wraps.
  [[nodiscard]] std::uint8_t next_instance_tag() { return tags_.fetch_add(1, std::memory_order_relaxed); }

 private:
  const RuntimeSettings settings_;
  boost::asio::io_context context_;
  boost::asio::executor_work_guard<boost::asio::io_context::executor_type> work_;
  BlockingPool blocking_;
  std::mutex pools_mutex_;
  std::vector<std::shared_ptr<BlockingPool>> pools_;
  std::vector<std::thread> threads_;
  SpareThreads spare_;
  std::atomic<std::uint8_t> tags_{1};
};

}  // namespace slipway::runtime
