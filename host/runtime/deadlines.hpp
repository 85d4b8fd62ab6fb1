// The deadlines of one instance's open calls: one timer and a heap of fixed size.
#pragma once

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/steady_timer.hpp>
#include <chrono>
#include <cstdint>
#include <memory>
#include <mutex>
#include <vector>

namespace slipway::runtime {

using Deadline = std::chrono::steady_clock::time_point;

// The moment `budget_ns` from now; far away for a budget that reaches beyond the clock's range.
Deadline deadline_in(std::int64_t budget_ns);
// What is left until then in nanoseconds, not below 0.
std::int64_t remaining_ns(Deadline deadline);

// Thread-safe. Each slot has one deadline at most.
class Deadlines {
 public:
  // Called from the executor, for each id once, without a lock held.
  using Expire = void (*)(void* context, std::uint64_t call_id);

  Deadlines(boost::asio::any_io_executor executor, std::uint32_t slots, Expire expire, void* context);

  // Nothing is called any more once `owner` is gone. Before the first arm.
  void bind(std::weak_ptr<void> owner) { owner_ = std::move(owner); }
  void arm(std::uint64_t call_id, Deadline at);
  // Without effect when it has fired or was never armed.
  void disarm(std::uint64_t call_id);

 private:
  struct Entry {
    Deadline at;
    std::uint64_t call_id;
  };
  void place(std::size_t position, Entry entry);
  void sift_up(std::size_t position, Entry entry);
  void sift_down(std::size_t position, Entry entry);
  void remove(std::size_t position);
  void set_timer();
  void fire();

  const Expire expire_;
  void* const context_;
  std::weak_ptr<void> owner_;
  std::mutex mutex_;
  std::vector<Entry> heap_;
  std::vector<std::uint32_t> positions_;  // by slot: its place in the heap, counted from 1; 0 for none
  boost::asio::steady_timer timer_;
  Deadline timer_at_ = Deadline::max();
};

}  // namespace slipway::runtime
