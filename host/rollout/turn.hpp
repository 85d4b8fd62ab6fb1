// One at a time, in the order of asking, for coroutines of one strand.
#pragma once

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/awaitable.hpp>
#include <cstddef>
#include <deque>
#include <memory>

namespace slipway::rollout {

// Everything here belongs to the strand.
class Turns {
 public:
  // Dropping it lets the next one in.
  using Turn = std::shared_ptr<void>;

  explicit Turns(boost::asio::any_io_executor strand) : strand_(std::move(strand)) {}
  boost::asio::awaitable<Turn> take();
  [[nodiscard]] std::size_t waiting() const { return queue_.size(); }

 private:
  struct Waiter;
  void pass_on();

  boost::asio::any_io_executor strand_;
  bool taken_ = false;
  std::deque<std::shared_ptr<Waiter>> queue_;
};

}  // namespace slipway::rollout
