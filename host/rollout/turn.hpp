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
  // Dropping it lets the next one in. It may be dropped after the turns have ended, as a coroutine's frame may be.
  using Turn = std::shared_ptr<void>;

  explicit Turns(boost::asio::any_io_executor strand) : strand_(std::move(strand)) {}
  boost::asio::awaitable<Turn> take();
  [[nodiscard]] std::size_t waiting() const { return line_->queue.size(); }

 private:
  struct Waiter;
  struct Line {
    bool taken = false;
    std::deque<std::shared_ptr<Waiter>> queue;
  };
  static void pass_on(Line& line);

  boost::asio::any_io_executor strand_;
  std::shared_ptr<Line> line_ = std::make_shared<Line>();
};

}  // namespace slipway::rollout
