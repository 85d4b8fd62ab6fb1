// Two helpers over Boost.Asio coroutines: a deadline around an operation, and a signal to wait for.
#pragma once

#include <boost/asio/awaitable.hpp>
#include <boost/asio/experimental/awaitable_operators.hpp>
#include <boost/asio/redirect_error.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <chrono>
#include <cstdint>
#include <exception>
#include <map>
#include <memory>
#include <optional>
#include <slipway/values.hpp>
#include <utility>

namespace slipway::local {

using boost::asio::awaitable;
using SteadyTime = std::chrono::steady_clock::time_point;
using Span = std::chrono::milliseconds;

inline Span span_of(Duration duration) { return Span(duration.ns / 1'000'000); }

// Completion token: suspend, and put the error code there instead of throwing it.
inline auto into(boost::system::error_code& error) {
  return boost::asio::redirect_error(boost::asio::use_awaitable, error);
}

inline awaitable<void> sleep_for(Span span) {
  boost::asio::steady_timer timer(co_await boost::asio::this_coro::executor, span);
  boost::system::error_code ignored;
  co_await timer.async_wait(into(ignored));
}

// What `work` returns, or nothing once `limit` has passed; then `work` has been cancelled. Rethrows what `work` throws.
template <class T>
awaitable<std::optional<T>> within(Span limit, awaitable<T> work) {
  using namespace boost::asio::experimental::awaitable_operators;
  // `||` waits for a success, so a failure must look like one or it would wait for the timer.
  std::exception_ptr failure;
  auto guarded = [](awaitable<T> inner, std::exception_ptr& caught) -> awaitable<std::optional<T>> {
    try {
      co_return co_await std::move(inner);
    } catch (...) {
      caught = std::current_exception();
    }
    co_return std::nullopt;
  };
  auto result = co_await (guarded(std::move(work), failure) || sleep_for(limit));
  if (result.index() == 1) co_return std::nullopt;
  if (failure) std::rethrow_exception(failure);
  co_return std::get<0>(std::move(result));
}

// Wakes whoever waits; a raise while nobody waits is kept for the next wait. One thread, one waiter.
class Signal {
 public:
  explicit Signal(const boost::asio::any_io_executor& executor) : timer_(executor) {}

  void raise() {
    raised_ = true;
    timer_.cancel();
  }

  // Returns when raised or when `due` has come, whichever is first.
  awaitable<void> wait_until(SteadyTime due) {
    if (!raised_) {
      timer_.expires_at(due);
      boost::system::error_code ignored;
      co_await timer_.async_wait(into(ignored));
    }
    raised_ = false;
  }

  awaitable<void> wait() { return wait_until(SteadyTime::max()); }

 private:
  boost::asio::steady_timer timer_;
  bool raised_ = false;
};

// Lets one coroutine at a time through, in order of arrival. One thread. A turn may outlive its Turns.
class Turns {
  struct Queue {
    boost::asio::any_io_executor executor;
    std::uint64_t next = 0, serving = 0;
    std::map<std::uint64_t, boost::asio::steady_timer> waiting{};

    void pass_on() {
      ++serving;
      if (const auto found = waiting.find(serving); found != waiting.end()) found->second.cancel();
    }
  };

 public:
  class Turn {
   public:
    explicit Turn(std::shared_ptr<Queue> queue) : queue_(std::move(queue)) {}
    Turn(Turn&&) noexcept = default;
    Turn& operator=(Turn&&) = delete;
    ~Turn() {
      if (queue_) queue_->pass_on();
    }

   private:
    std::shared_ptr<Queue> queue_;
  };

  explicit Turns(const boost::asio::any_io_executor& executor) : queue_(std::make_shared<Queue>(Queue{executor})) {}

  // Held until the returned value is destroyed.
  awaitable<Turn> take() {
    const auto queue = queue_;
    const std::uint64_t ticket = queue->next++;
    while (ticket != queue->serving) {
      auto& timer = queue->waiting.try_emplace(ticket, queue->executor, SteadyTime::max()).first->second;
      boost::system::error_code ignored;
      co_await timer.async_wait(into(ignored));
    }
    queue->waiting.erase(ticket);
    co_return Turn(queue);
  }

 private:
  std::shared_ptr<Queue> queue_;
};

}  // namespace slipway::local
