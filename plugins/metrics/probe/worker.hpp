// The probe's own thread: TCP connections and programs, which no host service offers.
#pragma once

#include <functional>
#include <memory>
#include <slipway/task.hpp>
#include <slipway/values.hpp>
#include <string>

#include "plugins/metrics/probe/child.hpp"
#include "plugins/metrics/probe/samples.hpp"

namespace slipway::probe {

struct Address {
  std::string host;
  std::string port;
};
// "127.0.0.1:80", "[::1]:80", "name:80". INVALID_ARGUMENT otherwise.
Result<Address> parse_address(std::string_view text);

class Worker {
 public:
  using Done = std::function<void(Outcome)>;

  // Starts the thread. The destructor ends it; work still under way ends as missing, on the destroying thread.
  Worker();
  Worker(const Worker&) = delete;
  Worker& operator=(const Worker&) = delete;
  ~Worker();

  // Each calls `done` once, on the worker's thread, at the latest shortly after `limit`; never from inside the call.
  // False: the worker is ending, and done is not called. [any thread]
  bool connect(Address address, Duration limit, Done done);
  bool run(Command command, Duration limit, Done done);

 private:
  struct Loop;
  std::unique_ptr<Loop> loop_;
};

// co_await over the two: resumes on the worker's thread.
template <class Start>
class Awaited {
 public:
  explicit Awaited(Start start) : start_(std::move(start)) {}
  bool await_ready() const noexcept { return false; }
  bool await_suspend(std::coroutine_handle<> waiter) {
    return start_([this, waiter](Outcome outcome) {
      outcome_ = std::move(outcome);
      waiter.resume();
    });
  }
  Outcome await_resume() { return std::move(outcome_); }

 private:
  Start start_;
  Outcome outcome_{Outcome::Result::missing, "the probe is stopping", std::nullopt};
};

}  // namespace slipway::probe
