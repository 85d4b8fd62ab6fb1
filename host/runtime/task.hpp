// A piece of work that runs once: a function object that need not be copyable.
#pragma once

#include <memory>
#include <type_traits>
#include <utility>

namespace slipway::runtime {

class Task {
 public:
  Task() = default;
  template <class F>
  requires(!std::is_same_v<std::remove_cvref_t<F>, Task>) Task(F&& work)
      : work_(std::make_unique<Work<std::remove_cvref_t<F>>>(std::forward<F>(work))) {}

  // Precondition: it holds work. The function object is destroyed with the task, not by the call.
  void operator()() { work_->run(); }
  explicit operator bool() const { return work_ != nullptr; }

 private:
  struct Base {
    Base() = default;
    Base(const Base&) = delete;
    Base& operator=(const Base&) = delete;
    virtual ~Base() = default;
    virtual void run() = 0;
  };
  template <class F>
  struct Work final : Base {
    explicit Work(F work) : work_(std::move(work)) {}
    void run() override { work_(); }
    F work_;
  };

  std::unique_ptr<Base> work_;
};

}  // namespace slipway::runtime
