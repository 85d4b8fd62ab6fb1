#include "host/runtime/strand.hpp"

#include <boost/asio/post.hpp>

namespace slipway::runtime {
namespace {

// After this many tasks others get a turn on the thread.
constexpr int kTurn = 16;

}  // namespace

void Strand::post(Lane lane, Task task) {
  {
    const std::lock_guard lock(mutex_);
    if (closed_) return;
    items_.push_back({lane, std::move(task)});
    if (active_) return;
    active_ = true;
  }
  schedule(lane);
}

void Strand::release() {
  Lane lane = Lane::io;
  {
    const std::lock_guard lock(mutex_);
    active_ = !items_.empty();
    if (!active_) return;
    lane = items_.front().lane;
  }
  schedule(lane);
}

void Strand::close() {
  std::deque<Item> dropped;
  const std::lock_guard lock(mutex_);
  closed_ = true;
  dropped.swap(items_);
}

std::size_t Strand::waiting() const {
  const std::lock_guard lock(mutex_);
  return items_.size();
}

void Strand::schedule(Lane lane) {
  auto turn = [self = shared_from_this(), lane] { self->run(lane); };
  if (lane == Lane::io) return boost::asio::post(executor_, std::move(turn));
  pool_.post_always(std::move(turn));
}

void Strand::run(Lane lane) {
  for (int count = 0; count < kTurn; ++count) {
    Task task = next(lane);
    if (!task) return;
    runner_ = std::this_thread::get_id();
    task();
    // What the task holds ends while the strand is still its own.
    task = Task();
    runner_ = std::thread::id();
  }
  schedule(lane);
}

Task Strand::next(Lane lane) {
  Lane other = lane;
  {
    const std::lock_guard lock(mutex_);
    if (items_.empty()) {
      active_ = false;
      return {};
    }
    if (items_.front().lane == lane) {
      Task task = std::move(items_.front().task);
      items_.pop_front();
      return task;
    }
    other = items_.front().lane;
  }
  schedule(other);
  return {};
}

}  // namespace slipway::runtime
