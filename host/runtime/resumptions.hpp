// Coroutines whose values come while one handler reads a batch of messages: gathered, and resumed after the batch with
// fewer turns of the executor than one for each.
#pragma once

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/io_context.hpp>
#include <vector>

#include "host/runtime/task.hpp"

namespace slipway::runtime {

// On the stack of a handler, at most one at a time. What is gathered and not run by its end is lost.
class Resumptions {
 public:
  // Gathers what comes on this thread for that context.
  explicit Resumptions(boost::asio::io_context& context);
  Resumptions(const Resumptions&) = delete;
  Resumptions& operator=(const Resumptions&) = delete;
  ~Resumptions();

  // Ends the gathering and resumes, here and on other threads that are free. Nothing may be held that a resumed
  // coroutine could want.
  void run();

  // False, and the task is as it was, when nothing is gathered here for the executor's context, or the executor keeps
  // an order of its own, as a strand does.
  static bool take(const boost::asio::any_io_executor& executor, Task& resume);

 private:
  boost::asio::io_context& context_;
  std::vector<Task> gathered_;
};

}  // namespace slipway::runtime
