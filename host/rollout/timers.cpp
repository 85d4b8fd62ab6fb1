#include "host/rollout/timers.hpp"

#include <boost/asio/steady_timer.hpp>

namespace slipway::rollout {

Timers::Ticket AsioTimers::at(std::int64_t steady_ns, std::function<void()> ring) {
  using Clock = std::chrono::steady_clock;
  auto timer =
      std::make_shared<boost::asio::steady_timer>(executor_, Clock::time_point(std::chrono::nanoseconds(steady_ns)));
  timer->async_wait([ring = std::move(ring)](boost::system::error_code error) {
    if (!error) ring();
  });
  return timer;
}

}  // namespace slipway::rollout
