#include "plugins/storage/postgres/watchdog.hpp"

#include <sys/socket.h>

#include <algorithm>

namespace slipway::postgres {

using Moment = std::chrono::steady_clock::time_point;

Watchdog::Watch::Watch(Watchdog& dog, int socket, Duration limit) : dog_(dog) {
  const Moment until = std::chrono::steady_clock::now() + std::chrono::nanoseconds(limit.ns);
  const std::scoped_lock lock(dog.mutex_);
  entry_ = dog.entries_.insert(dog.entries_.end(), {socket, until});
  if (!dog.thread_.joinable()) dog.thread_ = std::thread([&dog] { dog.run(); });
  if (until < dog.looks_at_) dog.changed_.notify_one();
}

Watchdog::Watch::~Watch() {
  const std::scoped_lock lock(dog_.mutex_);
  dog_.entries_.erase(entry_);
}

bool Watchdog::Watch::late() const {
  const std::scoped_lock lock(dog_.mutex_);
  return entry_->late;
}

Watchdog::~Watchdog() {
  {
    const std::scoped_lock lock(mutex_);
    ending_ = true;
    changed_.notify_one();
  }
  if (thread_.joinable()) thread_.join();
}

void Watchdog::run() {
  std::unique_lock lock(mutex_);
  while (!ending_) {
    looks_at_ = bark(std::chrono::steady_clock::now());
    if (looks_at_ == Moment::max()) {
      changed_.wait(lock);
    } else {
      changed_.wait_until(lock, looks_at_);
    }
  }
}

// When to look again. Under the lock, so that no socket is closed, and its number given to another, meanwhile.
Moment Watchdog::bark(Moment now) {
  Moment next = Moment::max();
  for (Entry& entry : entries_) {
    if (entry.late) continue;
    if (entry.until <= now) {
      entry.late = true;
      ::shutdown(entry.socket, SHUT_RDWR);
    } else {
      next = std::min(next, entry.until);
    }
  }
  return next;
}

}  // namespace slipway::postgres
