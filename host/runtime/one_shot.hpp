// One value from any thread to one coroutine.
#pragma once

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
    Task resume;
    {
      const std::lock_guard lock(mutex_);
      if (value_) return false;
      value_ = std::move(value);
      resume = std::move(resume_);
    }
    if (resume) resume();
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
  template <class Handler>
  void attach(Handler handler) {
    auto slot = boost::asio::get_associated_cancellation_slot(handler);
    if (slot.is_connected()) {
      slot.assign([self = this->weak_from_this()](boost::asio::cancellation_type) {
        if (const auto alive = self.lock()) alive->on_cancel();
      });
    }
    // The executor stays busy until the value has come.
    auto executor = boost::asio::prefer(boost::asio::get_associated_executor(handler),
                                        boost::asio::execution::outstanding_work.tracked);
    Task resume([this, executor = std::move(executor), handler = std::move(handler)]() mutable {
      boost::asio::post(executor, [handler = std::move(handler), value = std::move(*value_)]() mutable {
        boost::asio::get_associated_cancellation_slot(handler).clear();
        handler(std::move(value));
      });
    });
    {
      const std::lock_guard lock(mutex_);
      if (!value_) {
        resume_ = std::move(resume);
        return;
      }
    }
    resume();
  }

  std::mutex mutex_;
  std::optional<T> value_;
  Task resume_;
};

}  // namespace slipway::runtime
