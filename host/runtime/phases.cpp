#include "host/runtime/phases.hpp"

namespace slipway::runtime {

boost::asio::awaitable<Status> Phases::start() {
  while (started_ < phases_.size()) {
    const Phase& phase = phases_[started_];
    enter(phase);
    Status status = co_await phase.start();
    if (!status.ok()) {
      status.message.insert(0, phase.name + ": ");
      co_await stop();
      co_return status;
    }
    ++started_;
  }
  co_return Status();
}

boost::asio::awaitable<void> Phases::stop() {
  while (started_ > 0) {
    const Phase& phase = phases_[--started_];
    enter(phase);
    if (phase.stop) co_await phase.stop();
  }
}

std::string Phases::current() const {
  const std::lock_guard lock(mutex_);
  return current_;
}

void Phases::enter(const Phase& phase) {
  const std::lock_guard lock(mutex_);
  current_ = phase.name;
}

}  // namespace slipway::runtime
