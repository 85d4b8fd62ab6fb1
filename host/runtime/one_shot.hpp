// One value from any thread to one coroutine.
#pragma once

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/associated_cancellation_slot.hpp>
#include <boost/asio/associated_executor.hpp>
#include <boost/asio/awaitable.hpp>
#include <boost/asio/execution/outstanding_work.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/prefer.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <memory>
#include <mutex>
#include <optional>
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
    Waiter waiter;
    {
      const std::lock_guard lock(mutex_);
      if (value_) return false;
      value_ = std::move(value);
      waiter = std::exchange(waiter_, {});
    }
    if (waiter.resume) resume(std::move(waiter));
    return true;
  }

  // The value, on the caller's executor. Once.
  boost::asio::awaitable<T> wait() {
    return boost::asio::async_initiate<const boost::asio::use_awaitable_t<>, void(T)>(
        [self = this->shared_from_this()](auto handler) { self->attach(std::move(handler)); },
        boost::asio::use_awaitable);
  }

 protected:
  // The waiting coroutine is cancelled. Somebody must still deliver.
  virtual void on_cancel() {}

 private:
  struct Waiter {
    const boost::asio::execution_context* context = nullptr;
    boost::asio::any_io_executor executor;
    Task resume;
  };

  template <class Handler>
  void attach(Handler handler) {
    auto slot = boost::asio::get_associated_cancellation_slot(handler);
    if (slot.is_connected()) {
      slot.assign([self = this->weak_from_this()](boost::asio::cancellation_type) {
        if (const auto alive = self.lock()) alive->on_cancel();
      });
    }
    const boost::asio::any_io_executor executor = boost::asio::get_associated_executor(handler);
    Waiter waiter{plain_context(executor),
                  // It stays busy until the value has come.
                  boost::asio::prefer(executor, boost::asio::execution::outstanding_work.tracked),
                  Task([this, handler = std::move(handler)]() mutable {
                    T value = std::move(*value_);
                    boost::asio::get_associated_cancellation_slot(handler).clear();
                    handler(std::move(value));
                  })};
    {
      const std::lock_guard lock(mutex_);
      if (!value_) {
        waiter_ = std::move(waiter);
        return;
      }
    }
    resume(std::move(waiter));
  }

  static void resume(Waiter waiter) {
    if (Resumptions::take(waiter.context, waiter.resume)) return;
    boost::asio::post(waiter.executor, [resume = std::move(waiter.resume)]() mutable { resume(); });
  }

  std::mutex mutex_;
  std::optional<T> value_;
  Waiter waiter_;
};

}  // namespace slipway::runtime
