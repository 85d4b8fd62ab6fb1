// The trace of the call that a thread works for while it is inside an instance: what it writes to the log bears it.
#pragma once

#include <array>
#include <string_view>

namespace slipway::detail {

// From when the host enters the instance until it gets the thread back: a suspension ends it, and the answer that
// resumes a coroutine begins another, so that nothing is carried from one call to the next.
class Working {
 public:
  explicit Working(std::string_view traceparent = {});
  Working(const Working&) = delete;
  Working& operator=(const Working&) = delete;
  ~Working();

  // Of the innermost one of this thread; empty without any.
  static std::string_view trace();
  // The innermost one goes on for this call.
  static void go_on_for(std::string_view traceparent);

 private:
  void set(std::string_view traceparent);

  // Copied, because the call may be answered and gone before the thread is back.
  std::array<char, 64> text_{};
  std::size_t size_ = 0;
  Working* outer_;
};

}  // namespace slipway::detail
