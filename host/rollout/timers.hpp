// Due times as an argument: a host gets the machine's, a simulation turns its own.
#pragma once

#include <boost/asio/any_io_executor.hpp>
#include <cstdint>
#include <functional>
#include <memory>

namespace slipway::rollout {

// Safe from any thread.
class Timers {
 public:
  // Whoever drops the ticket no longer wants to be called; a call under way may still arrive.
  using Ticket = std::shared_ptr<void>;

  Timers() = default;
  Timers(const Timers&) = delete;
  Timers& operator=(const Timers&) = delete;
  virtual ~Timers() = default;

  // Calls `ring` once, at or after this moment of Clock::steady_ns, from any thread: soon, unless the machine sleeps.
  virtual Ticket at(std::int64_t steady_ns, std::function<void()> ring) = 0;
};

// By the machine's steady clock, which stands still while the machine is suspended.
class AsioTimers final : public Timers {
 public:
  explicit AsioTimers(boost::asio::any_io_executor executor) : executor_(std::move(executor)) {}
  Ticket at(std::int64_t steady_ns, std::function<void()> ring) override;

 private:
  boost::asio::any_io_executor executor_;
};

}  // namespace slipway::rollout
