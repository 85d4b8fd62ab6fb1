#include "host/rollout/wakeup.hpp"

#include <algorithm>
#include <boost/asio/as_tuple.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/use_awaitable.hpp>

namespace slipway::rollout {

// The timer never expires by itself: cancelling it is the ring.
struct Wakeup::Inner {
  explicit Inner(const boost::asio::any_io_executor& executor)
      : timer(executor, std::chrono::steady_clock::time_point::max()) {}
  void ring() {
    rung = true;
    timer.cancel();
  }
  boost::asio::steady_timer timer;
  bool rung = false;
};

Wakeup::Wakeup(boost::asio::any_io_executor executor, const base::Clock& clock, Timers& timers)
    : executor_(std::move(executor)), clock_(clock), timers_(timers), inner_(std::make_shared<Inner>(executor_)) {}

void Wakeup::ring() { inner_->ring(); }

std::function<void()> Wakeup::remote_ring() const {
  return [executor = executor_, weak = std::weak_ptr(inner_)] {
    boost::asio::post(executor, [weak] {
      if (const auto inner = weak.lock()) inner->ring();
    });
  };
}

boost::asio::awaitable<void> Wakeup::wait_until(Instant due) {
  const auto inner = inner_;
  if (!inner->rung) {
    const auto span = std::max<std::int64_t>(0, (due - clock_.now()).ns);
    const auto ticket = timers_.at(clock_.steady_ns() + span, remote_ring());
    co_await inner->timer.async_wait(boost::asio::as_tuple(boost::asio::use_awaitable));
  }
  inner->rung = false;
}

}  // namespace slipway::rollout
