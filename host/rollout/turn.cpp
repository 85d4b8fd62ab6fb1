#include "host/rollout/turn.hpp"

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/use_awaitable.hpp>

namespace slipway::rollout {

struct Turns::Waiter {
  explicit Waiter(const boost::asio::any_io_executor& strand)
      : timer(strand, std::chrono::steady_clock::time_point::max()) {}
  boost::asio::steady_timer timer;
};

boost::asio::awaitable<Turns::Turn> Turns::take() {
  if (line_->taken) {
    const auto waiter = line_->queue.emplace_back(std::make_shared<Waiter>(strand_));
    co_await waiter->timer.async_wait(boost::asio::as_tuple(boost::asio::use_awaitable));
  }
  line_->taken = true;
  co_return Turn(nullptr, [line = std::weak_ptr(line_)](void*) {
    if (const auto waiting = line.lock()) pass_on(*waiting);
  });
}

// The turn stays taken while it is handed to the next, so that nobody slips in between.
void Turns::pass_on(Line& line) {
  if (line.queue.empty()) {
    line.taken = false;
    return;
  }
  const auto next = line.queue.front();
  line.queue.pop_front();
  next->timer.cancel();
}

}  // namespace slipway::rollout
