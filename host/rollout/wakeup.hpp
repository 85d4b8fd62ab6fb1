// How a coroutine waits for "something happened, or it is time". Rings between two waits are kept as one.
#pragma once

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/awaitable.hpp>
#include <memory>

#include "host/base/clock.hpp"
#include "host/rollout/timers.hpp"

namespace slipway::rollout {

// One waiting coroutine at a time. ring() and wait_until() belong to the executor, which runs one thing at a time (a
// strand); the clock and the timers outlive it.
class Wakeup {
 public:
  Wakeup(boost::asio::any_io_executor executor, const base::Clock& clock, Timers& timers);

  void ring();
  // Returns when it rings or at the wall clock's `due`, whatever is first; at once when it rang since the last wait.
  boost::asio::awaitable<void> wait_until(Instant due);
  // A ring that may come from any thread, also after this object's end.
  [[nodiscard]] std::function<void()> remote_ring() const;

 private:
  struct Inner;
  boost::asio::any_io_executor executor_;
  const base::Clock& clock_;
  Timers& timers_;
  std::shared_ptr<Inner> inner_;
};

}  // namespace slipway::rollout
