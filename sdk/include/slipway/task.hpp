// task<T>: a lazy coroutine of a plugin. It starts when awaited (or when it answers a call) and resumes on the
// instance's strand. The call that it works for travels in its promise: co_await this_call() tells tenant, deadline and
// whether the caller has given up. Await references only to what outlives the task.
#pragma once

#include <atomic>
#include <coroutine>
#include <cstdint>
#include <exception>
#include <optional>
#include <string>
#include <utility>

namespace slipway {

// The call that a coroutine works for; lives until the call has been answered.
struct CallScope {
  std::uint64_t id = 0;
  std::int64_t deadline_ns = 0;  // on the steady clock; INT64_MAX for none
  std::string traceparent;
  std::string tenant;
  std::string subject;
  std::string roles;
  std::atomic<bool> cancelled{false};
};

namespace detail {

struct PromiseBase {
  CallScope* scope = nullptr;
  std::coroutine_handle<> waiter;
  std::exception_ptr error;

  std::suspend_always initial_suspend() noexcept { return {}; }
  struct Final {
    bool await_ready() noexcept { return false; }
    template <class P>
    std::coroutine_handle<> await_suspend(std::coroutine_handle<P> done) noexcept {
      return done.promise().waiter ? done.promise().waiter : std::noop_coroutine();
    }
    void await_resume() noexcept {}
  };
  Final final_suspend() noexcept { return {}; }
  void unhandled_exception() { error = std::current_exception(); }
};

template <class T>
struct Promise : PromiseBase {
  std::optional<T> value;
  std::coroutine_handle<Promise> get_return_object() { return std::coroutine_handle<Promise>::from_promise(*this); }
  template <class U>
  void return_value(U&& result) {
    value.emplace(std::forward<U>(result));
  }
  T take() {
    if (error) std::rethrow_exception(error);
    return std::move(*value);
  }
};

template <>
struct Promise<void> : PromiseBase {
  std::coroutine_handle<Promise> get_return_object() { return std::coroutine_handle<Promise>::from_promise(*this); }
  void return_void() {}
  void take() const {
    if (error) std::rethrow_exception(error);
  }
};

}  // namespace detail

template <class T = void>
class [[nodiscard]] task {
 public:
  using promise_type = detail::Promise<T>;

  task(std::coroutine_handle<promise_type> frame) : frame_(frame) {}
  task(task&& other) noexcept : frame_(std::exchange(other.frame_, nullptr)) {}
  task(const task&) = delete;
  task& operator=(const task&) = delete;
  task& operator=(task&&) = delete;
  ~task() {
    if (frame_) frame_.destroy();
  }

  bool await_ready() const noexcept { return false; }
  template <class P>
  std::coroutine_handle<> await_suspend(std::coroutine_handle<P> waiter) {
    frame_.promise().scope = waiter.promise().scope;
    frame_.promise().waiter = waiter;
    return frame_;
  }
  T await_resume() { return frame_.promise().take(); }

 private:
  std::coroutine_handle<promise_type> frame_;
};

// co_await this_call() yields const CallScope&; never suspends.
class this_call {
 public:
  bool await_ready() const noexcept { return false; }
  template <class P>
  bool await_suspend(std::coroutine_handle<P> waiter) {
    scope_ = waiter.promise().scope;
    return false;
  }
  const CallScope& await_resume() const noexcept { return *scope_; }

 private:
  const CallScope* scope_ = nullptr;
};

}  // namespace slipway
