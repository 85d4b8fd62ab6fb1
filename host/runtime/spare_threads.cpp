#include "host/runtime/spare_threads.hpp"

#include <boost/asio/post.hpp>
#include <chrono>
#include <system_error>
#include <utility>

namespace slipway::runtime {

SpareThreads::SpareThreads(boost::asio::io_context& context, SpareThreadsSettings settings)
    : context_(context), settings_(std::move(settings)) {}

void SpareThreads::watch() {
  watch_ = std::jthread([this](const std::stop_token& ended) noexcept { look(ended); });
}

void SpareThreads::end_watch() {
  watch_.request_stop();
  if (watch_.joinable()) watch_.join();
}

void SpareThreads::join() {
  for (std::thread& thread : threads_) thread.join();
  threads_.clear();
}

void SpareThreads::look(const std::stop_token& ended) {
  std::unique_lock lock(mutex_);
  while (!ended.stop_requested()) {
    answered_ = false;
    boost::asio::post(context_, [this] {
      const std::lock_guard inside(mutex_);
      answered_ = true;
      changed_.notify_one();
    });
    while (!runs_something(lock, ended)) {
      lock.unlock();
      if (threads_.size() < settings_.most)
        start_one();
      else if (settings_.on_none_left)
        settings_.on_none_left();
      lock.lock();
    }
    changed_.wait_for(lock, ended, std::chrono::nanoseconds(settings_.patience.ns), [] { return false; });
  }
}

// Whether the context came to its question within the patience; also true at the end of the watch.
bool SpareThreads::runs_something(std::unique_lock<std::mutex>& lock, const std::stop_token& ended) {
  return changed_.wait_for(lock, ended, std::chrono::nanoseconds(settings_.patience.ns), [this] {
    return answered_;
  }) || ended.stop_requested();
}

// Where the system has no thread to give, the next look asks again.
void SpareThreads::start_one() {
  try {
    threads_.emplace_back([this]() noexcept { context_.run(); });
  } catch (const std::system_error&) {
    return;
  }
  const auto number = static_cast<std::uint32_t>(threads_.size());
  count_.store(number, std::memory_order_relaxed);
  if (settings_.on_start) settings_.on_start(number);
}

}  // namespace slipway::runtime
