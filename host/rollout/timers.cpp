#include "host/rollout/timers.hpp"

#include <boost/asio/steady_timer.hpp>

#include "host/base/clock.hpp"

namespace slipway::rollout {

Timers::Ticket AsioTimers::at(std::int64_t steady_ns, std::function<void()> ring) {
  const std::chrono::nanoseconds span(steady_ns - base::SystemClock().steady_ns());
  auto timer = std::make_shared<boost::asio::steady_timer>(executor_, span);
  timer->async_wait([ring = std::move(ring)](boost::system::error_code error) {
    if (!error) ring();
  });
  return timer;
}

}  // namespace slipway::rollout
