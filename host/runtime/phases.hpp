// Start and stop in named steps: in order, and back in reverse.
#pragma once

#include <boost/asio/awaitable.hpp>
#include <cstddef>
#include <functional>
#include <mutex>
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

// One caller at a time; `current` from any thread.
class Phases {
 public:
  void add(Phase phase) { phases_.push_back(std::move(phase)); }

  // Starts each phase in order. The first failure is returned with the phase's name before its message, after the
  // phases that had started are stopped again.
  boost::asio::awaitable<Status> start();
  // Stops what was started, last first. Idempotent.
  boost::asio::awaitable<void> stop();

  // The phase that starts or stops now, or the last one that did; empty before the first.
  [[nodiscard]] std::string current() const;

 private:
  void enter(const Phase& phase);

  std::vector<Phase> phases_;
  std::size_t started_ = 0;
  mutable std::mutex mutex_;  // guards what follows
  std::string current_;
};

}  // namespace slipway::runtime
