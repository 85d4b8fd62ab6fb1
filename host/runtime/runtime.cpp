#include "host/runtime/runtime.hpp"

#include <boost/asio/executor_work_guard.hpp>
#include <utility>

namespace slipway::runtime {

Runtime::Runtime(RuntimeSettings settings)
    : settings_(std::move(settings)),
      context_(static_cast<int>(settings_.threads + settings_.spare.most)),
      work_(boost::asio::make_work_guard(context_)),
      blocking_(settings_.blocking),
      spare_(context_, settings_.spare) {}

Runtime::~Runtime() { stop(); }

void Runtime::start() {
  for (std::uint32_t i = 0; i < settings_.threads; ++i) {
    threads_.emplace_back([this]() noexcept { context_.run(); });
  }
  spare_.watch();
}

std::shared_ptr<BlockingPool> Runtime::make_pool(BlockingPoolSettings settings) {
  auto pool = std::make_shared<BlockingPool>(std::move(settings));
  const std::lock_guard lock(pools_mutex_);
  std::erase_if(pools_, [](const auto& other) { return other.use_count() == 1 && other->pending() == 0; });
  pools_.push_back(pool);
  return pool;
}

void Runtime::stop() {
  blocking_.join();
  {
    const std::lock_guard lock(pools_mutex_);
    for (const auto& pool : pools_) pool->join();
  }
  work_.reset();
  spare_.end_watch();
  context_.stop();
  for (std::thread& thread : threads_) thread.join();
  threads_.clear();
  spare_.join();
}

}  // namespace slipway::runtime
