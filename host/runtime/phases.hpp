// Start and stop in named steps: in order, and back in reverse.
#pragma once

#include <boost/asio/awaitable.hpp>
#include <cstddef>
#include <functional>
#include <slipway/status.hpp>
#include <string>
#include <vector>

namespace slipway::runtime {

struct Phase {
  std::string name;
  std::function<boost::asio::awaitable<Status>()> start;
  // Empty when there is nothing to undo.
  std::function<boost::asio::awaitable<void>()> stop;
};

// One caller at a time.
class Phases {
 public:
  void add(Phase phase) { phases_.push_back(std::move(phase)); }

  // Starts each phase in order. The first failure is returned with the phase's name before its message, after the
  // phases that had started are stopped again.
  boost::asio::awaitable<Status> start();
  // Stops what was started, last first. Idempotent.
  boost::asio::awaitable<void> stop();

  // The phase that starts or stops now, or the last one that did; empty before the first.
  [[nodiscard]] const std::string& current() const { return current_; }

 private:
  std::vector<Phase> phases_;
  std::size_t started_ = 0;
  std::string current_;
};

}  // namespace slipway::runtime
