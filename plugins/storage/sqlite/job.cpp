#include "plugins/storage/sqlite/job.hpp"

#include <algorithm>
#include <iterator>

namespace slipway::sqlite {

Status JobQueue::push(std::unique_ptr<Job>& job) {
  const std::scoped_lock lock(mutex_);
  if (closed_) return {Code::unavailable, "the store takes no more " + what_ + ", it is stopping"};
  if (waiting_.size() >= limits_.jobs || bytes_ + job->bytes() > limits_.bytes) {
    return {Code::resource_exhausted, std::to_string(waiting_.size()) + " " + what_ + " with " +
                                          std::to_string(bytes_) + " bytes wait already, at most " +
                                          std::to_string(limits_.jobs) + " with " + std::to_string(limits_.bytes) +
                                          " bytes may; try again in a moment"};
  }
  bytes_ += job->bytes();
  waiting_.push_back(std::move(job));
  if (waiting_.size() == wanted_) changed_.notify_one();
  return {};
}

Jobs JobQueue::take(std::size_t count, std::chrono::milliseconds patience) {
  std::unique_lock lock(mutex_);
  changed_.wait_for(lock, patience, [&] { return closed_ || !waiting_.empty(); });
  const auto end = waiting_.begin() + static_cast<std::ptrdiff_t>(std::min(count, waiting_.size()));
  Jobs taken(std::make_move_iterator(waiting_.begin()), std::make_move_iterator(end));
  waiting_.erase(waiting_.begin(), end);
  for (const auto& job : taken) bytes_ -= job->bytes();
  if (!waiting_.empty()) changed_.notify_one();
  return taken;
}

void JobQueue::gather(std::size_t count, std::chrono::nanoseconds patience) {
  std::unique_lock lock(mutex_);
  wanted_ = std::max<std::size_t>(count, 1);
  changed_.wait_for(lock, patience, [&] { return closed_ || waiting_.size() >= count; });
  wanted_ = 1;
}

void JobQueue::close() {
  const std::scoped_lock lock(mutex_);
  closed_ = true;
  changed_.notify_all();
}

bool JobQueue::ended() {
  const std::scoped_lock lock(mutex_);
  return closed_ && waiting_.empty();
}

std::size_t JobQueue::size() {
  const std::scoped_lock lock(mutex_);
  return waiting_.size();
}

}  // namespace slipway::sqlite
