#include "host/runtime/runtime.hpp"

#include <boost/asio/executor_work_guard.hpp>

namespace slipway::runtime {

Runtime::Runtime(RuntimeSettings settings)
    : settings_(std::move(settings)),
      context_(static_cast<int>(settings_.threads)),
      work_(boost::asio::make_work_guard(context_)),
      blocking_(settings_.blocking) {}

Runtime::~Runtime() { stop(); }

void Runtime::start() {
  for (std::uint32_t i = 0; i < settings_.threads; ++i) {
    threads_.emplace_back([this]() noexcept { context_.run(); });
  }
}

void Runtime::stop() {
  work_.reset();
  context_.stop();
  for (std::thread& thread : threads_) thread.join();
  threads_.clear();
}

}  // namespace slipway::runtime
