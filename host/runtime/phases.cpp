#include "host/runtime/phases.hpp"

namespace slipway::runtime {

boost::asio::awaitable<Status> Phases::start() {
  while (started_ < phases_.size()) {
    const Phase& phase = phases_[started_];
    current_ = phase.name;
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
    current_ = phase.name;
    if (phase.stop) co_await phase.stop();
  }
}

}  // namespace slipway::runtime
