// Several coroutines of one call at a time.
#pragma once

#include <atomic>
#include <slipway/task.hpp>
#include <vector>

namespace slipway::probe {

namespace detail {

// A coroutine that starts with resume() and destroys itself at its end.
struct Lane {
  struct promise_type {
    CallScope* scope = nullptr;
    Lane get_return_object() { return {std::coroutine_handle<promise_type>::from_promise(*this)}; }
    std::suspend_always initial_suspend() noexcept { return {}; }
    std::suspend_never final_suspend() noexcept { return {}; }
    void return_void() {}
    void unhandled_exception() { std::terminate(); }  // run() catches everything
  };
  std::coroutine_handle<promise_type> frame;
};

}  // namespace detail

// co_await AllOf(tasks): runs them side by side, each from its own thread of events, and ends when all have; then it
// throws the exception of one that failed.
class AllOf {
 public:
  explicit AllOf(std::vector<task<void>> tasks) : tasks_(std::move(tasks)), errors_(tasks_.size()) {}

  bool await_ready() const noexcept { return tasks_.empty(); }
  template <class P>
  bool await_suspend(std::coroutine_handle<P> waiter) {
    waiter_ = waiter;
    open_ = tasks_.size() + 1;
    for (std::size_t i = 0; i < tasks_.size(); ++i) {
      const detail::Lane lane = run(*this, i);
      lane.frame.promise().scope = waiter.promise().scope;
      lane.frame.resume();
    }
    // This function counts as one: nobody resumes the waiter before it has looked at every task.
    return --open_ != 0;
  }
  void await_resume() const {
    for (const std::exception_ptr& error : errors_) {
      if (error) std::rethrow_exception(error);
    }
  }

 private:
  static detail::Lane run(AllOf& all, std::size_t i) {
    try {
      co_await std::move(all.tasks_[i]);
    } catch (...) {
      all.errors_[i] = std::current_exception();
    }
    if (--all.open_ == 0) all.waiter_.resume();
  }

  std::vector<task<void>> tasks_;
  std::vector<std::exception_ptr> errors_;
  std::atomic<std::size_t> open_{0};
  std::coroutine_handle<> waiter_;
};

}  // namespace slipway::probe
