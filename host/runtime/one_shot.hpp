// One value from any thread to one coroutine.
#pragma once

#include <atomic>
#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/associated_cancellation_slot.hpp>
#include <boost/asio/associated_executor.hpp>
#include <boost/asio/awaitable.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <memory>
#include <utility>

#include "host/runtime/resumptions.hpp"
#include "host/runtime/task.hpp"

namespace slipway::runtime {

// Thread-safe. Held by shared_ptr, by the side that delivers and the side that waits. `T` needs a default constructor.
template <class T>
class OneShot : public std::enable_shared_from_this<OneShot<T>> {
 public:
  OneShot() = default;
  OneShot(const OneShot&) = delete;
  OneShot& operator=(const OneShot&) = delete;
  virtual ~OneShot() = default;

  // The first value counts; false for any other. Never resumes the waiter inside this call.
  bool deliver(T value) {
    if (claimed_.exchange(true, std::memory_order_relaxed)) return false;
    value_ = std::move(value);
    if (meet()) resume();
    return true;
  }

  // The value, on the caller's executor. Once. The caller holds this until then.
  boost::asio::awaitable<T> wait() {
    return boost::asio::async_initiate<const boost::asio::use_awaitable_t<>, void(T)>(
        [this](auto handler) { attach(std::move(handler)); }, boost::asio::use_awaitable);
  }

 protected:
  // The waiting coroutine is cancelled. Somebody must still deliver.
  virtual void on_cancel() {}

 private:
  template <class Handler>
  void attach(Handler handler) {
    auto slot = boost::asio::get_associated_cancellation_slot(handler);
    if (slot.is_connected()) {
      slot.assign([self = this->weak_from_this()](boost::asio::cancellation_type) {
        if (const auto alive = self.lock()) alive->on_cancel();
      });
    }
    // Whoever spawned the coroutine keeps its executor busy.
    executor_ = boost::asio::get_associated_executor(handler);
    waiter_ = Task([this, handler = std::move(handler)]() mutable {
      T value = std::move(value_);
      boost::asio::get_associated_cancellation_slot(handler).clear();
      handler(std::move(value));
    });
    if (meet()) resume();
  }

  // The value and the waiter come in any order, from two threads: true for the one that comes second.
  bool meet() { return one_is_here_.exchange(true, std::memory_order_acq_rel); }

  void resume() {
    // This may end with the waiter, before the post returns.
    Task waiter = std::move(waiter_);
    const boost::asio::any_io_executor executor = std::move(executor_);
    if (Resumptions::take(executor, waiter)) return;
    boost::asio::post(executor, [waiter = std::move(waiter)]() mutable { waiter(); });
  }

  std::atomic<bool> claimed_{false};
  std::atomic<bool> one_is_here_{false};
  T value_{};
  boost::asio::any_io_executor executor_;
  Task waiter_;
};

}  // namespace slipway::runtime
