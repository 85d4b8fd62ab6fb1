// Threads for a context whose own are all held: code that blocks where it must not shall stop nobody else.
#pragma once

#include <atomic>
#include <boost/asio/io_context.hpp>
#include <condition_variable>
#include <cstdint>
#include <functional>
#include <mutex>
#include <slipway/values.hpp>
#include <stop_token>
#include <thread>
#include <vector>

namespace slipway::runtime {

struct SpareThreadsSettings {
  std::uint32_t most = 16;
  // A context that runs nothing for so long gets one more thread.
  Duration patience = seconds(1);
  // Called on the watch's own thread after each start, with the number of spare threads.
  std::function<void(std::uint32_t)> on_start;
  // Called on it when one more is missed and there are the most: again at each patience that this lasts.
  std::function<void()> on_none_left;
};

// Spare threads stay until the end. `count` from any thread.
class SpareThreads {
 public:
  // The context outlives it.
  SpareThreads(boost::asio::io_context& context, SpareThreadsSettings settings);
  SpareThreads(const SpareThreads&) = delete;
  SpareThreads& operator=(const SpareThreads&) = delete;
  // Precondition: joined, or never watching.
  ~SpareThreads() = default;

  // Watches from now on. Once.
  void watch();
  // Starts no more threads. Idempotent.
  void end_watch();
  // Waits for those there are; after the context was stopped.
  void join();

  [[nodiscard]] std::uint32_t count() const { return count_.load(std::memory_order_relaxed); }

 private:
  void look(const std::stop_token& ended);
  bool runs_something(std::unique_lock<std::mutex>& lock, const std::stop_token& ended);
  void start_one();

  boost::asio::io_context& context_;
  const SpareThreadsSettings settings_;
  std::mutex mutex_;
  std::condition_variable_any changed_;
  bool answered_ = false;
  std::atomic<std::uint32_t> count_{0};
  std::vector<std::thread> threads_;  // of the watch, then of join
  std::jthread watch_;
};

}  // namespace slipway::runtime
