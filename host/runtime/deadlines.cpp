#include "host/runtime/deadlines.hpp"

#include <algorithm>
#include <array>

#include "host/runtime/call_slot.hpp"

namespace slipway::runtime {

Deadline deadline_in(std::int64_t budget_ns) {
  // A century: beyond any budget, and far from the end of the clock.
  constexpr std::chrono::nanoseconds kFar = std::chrono::hours(24 * 365 * 100);
  return std::chrono::steady_clock::now() + std::min(std::chrono::nanoseconds(budget_ns), kFar);
}

std::int64_t remaining_ns(Deadline deadline) {
  return std::max<std::int64_t>(0, (deadline - std::chrono::steady_clock::now()).count());
}

Deadlines::Deadlines(boost::asio::any_io_executor executor, std::uint32_t slots, Expire expire, void* context)
    : expire_(expire), context_(context), positions_(slots, 0), timer_(executor) {
  heap_.reserve(slots);
}

void Deadlines::arm(std::uint64_t call_id, Deadline at) {
  const std::lock_guard lock(mutex_);
  heap_.push_back({at, call_id});
  sift_up(heap_.size() - 1, {at, call_id});
  if (at < timer_at_) set_timer();
}

void Deadlines::disarm(std::uint64_t call_id) {
  const std::lock_guard lock(mutex_);
  const std::uint32_t position = positions_[call_id::index(call_id)];
  if (position == 0 || heap_[position - 1].call_id != call_id) return;
  // The timer stays as it is: firing early costs less than setting it anew for each call.
  remove(position - 1);
}

void Deadlines::place(std::size_t position, Entry entry) {
  heap_[position] = entry;
  positions_[call_id::index(entry.call_id)] = static_cast<std::uint32_t>(position + 1);
}

void Deadlines::sift_up(std::size_t position, Entry entry) {
  while (position > 0) {
    const std::size_t parent = (position - 1) / 2;
    if (heap_[parent].at <= entry.at) break;
    place(position, heap_[parent]);
    position = parent;
  }
  place(position, entry);
}

void Deadlines::sift_down(std::size_t position, Entry entry) {
  while (true) {
    std::size_t child = 2 * position + 1;
    if (child >= heap_.size()) break;
    if (child + 1 < heap_.size() && heap_[child + 1].at < heap_[child].at) ++child;
    if (entry.at <= heap_[child].at) break;
    place(position, heap_[child]);
    position = child;
  }
  place(position, entry);
}

void Deadlines::remove(std::size_t position) {
  positions_[call_id::index(heap_[position].call_id)] = 0;
  const Entry last = heap_.back();
  heap_.pop_back();
  if (position == heap_.size()) return;
  const bool rises = position > 0 && last.at < heap_[(position - 1) / 2].at;
  rises ? sift_up(position, last) : sift_down(position, last);
}

void Deadlines::set_timer() {
  timer_at_ = heap_.front().at;
  timer_.expires_at(timer_at_);
  timer_.async_wait([this, owner = owner_](const boost::system::error_code& error) {
    const auto alive = owner.lock();
    if (alive && !error) fire();
  });
}

void Deadlines::fire() {
  constexpr std::size_t kBatch = 64;
  std::array<std::uint64_t, kBatch> due{};
  std::size_t count = 0;
  {
    const std::lock_guard lock(mutex_);
    const Deadline now = std::chrono::steady_clock::now();
    while (count < kBatch && !heap_.empty() && heap_.front().at <= now) {
      due[count++] = heap_.front().call_id;
      remove(0);
    }
    timer_at_ = Deadline::max();
    if (!heap_.empty()) set_timer();
  }
  for (std::size_t i = 0; i < count; ++i) expire_(context_, due[i]);
}

}  // namespace slipway::runtime
