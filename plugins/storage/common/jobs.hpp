// Work that waits for a thread of a store, and the bounded queue that brings it there.
#pragma once

#include <algorithm>
#include <chrono>
#include <condition_variable>
#include <cstddef>
#include <iterator>
#include <memory>
#include <mutex>
#include <optional>
#include <slipway/status.hpp>
#include <slipway/values.hpp>
#include <string>
#include <type_traits>
#include <utility>
#include <vector>

namespace slipway::store {

// One read or write. The store calls run inside a transaction, again only when that one came to nothing, and finish
// exactly once, after the transaction has ended, on the thread that ran it.
template <class Context>
class Job {
 public:
  Job() = default;
  Job(const Job&) = delete;
  Job& operator=(const Job&) = delete;
  virtual ~Job() = default;

  // Throws Error to have its own changes undone.
  virtual void run(Context& context, Instant now) = 0;
  virtual void finish(const Status& status) = 0;
  // Whether nobody waits for the answer any more.
  [[nodiscard]] virtual bool abandoned() const { return false; }
  // Roughly what it holds in memory while it waits.
  [[nodiscard]] virtual std::size_t bytes() const { return 0; }
};

// A job from an operation `Reply work(Context&, Instant)` and an end `void done(Result<Reply>)`. Base is a Job.
template <class Base, class Context, class Work, class Done>
class TypedJob : public Base {
 public:
  TypedJob(Work work, Done done, std::size_t bytes) : work_(std::move(work)), done_(std::move(done)), bytes_(bytes) {}

  void run(Context& context, Instant now) override { reply_.emplace(work_(context, now)); }
  void finish(const Status& status) override {
    if (!status.ok()) return done_(status);
    done_(std::move(*reply_));
  }
  [[nodiscard]] bool abandoned() const override {
    if constexpr (requires { done_.cancelled(); }) return done_.cancelled();
    return false;
  }
  [[nodiscard]] std::size_t bytes() const override { return bytes_; }

 private:
  using Reply = std::invoke_result_t<Work&, Context&, Instant>;

  Work work_;
  Done done_;
  std::size_t bytes_;
  std::optional<Reply> reply_;
};

// Writes of one transaction, at most.
inline constexpr std::size_t kLargestGroup = 512;

struct QueueLimits {
  std::size_t jobs = 4096;
  std::size_t bytes = std::size_t{64} << 20;
};

// Safe from any thread.
template <class Job>
class JobQueue {
 public:
  using Jobs = std::vector<std::unique_ptr<Job>>;

  // `what` names the jobs in refusals: "writes".
  JobQueue(std::string what, QueueLimits limits) : what_(std::move(what)), limits_(limits) {}

  // Takes the job, or says why not and leaves it: RESOURCE_EXHAUSTED when full, UNAVAILABLE when closed.
  Status push(std::unique_ptr<Job>& job) {
    const std::scoped_lock lock(mutex_);
    if (closed_) return {Code::unavailable, "the store takes no more " + what_ + ", it is stopping"};
    if (waiting_.size() >= limits_.jobs || bytes_ + job->bytes() > limits_.bytes) return full();
    bytes_ += job->bytes();
    waiting_.push_back(std::move(job));
    if (waiting_.size() == wanted_) changed_.notify_one();
    return {};
  }

  // Waits for jobs and takes up to `count`. Empty after `patience`, or once the queue is closed and drained.
  Jobs take(std::size_t count, std::chrono::milliseconds patience) {
    std::unique_lock lock(mutex_);
    changed_.wait_for(lock, patience, [&] { return closed_ || !waiting_.empty(); });
    const auto end = waiting_.begin() + static_cast<std::ptrdiff_t>(std::min(count, waiting_.size()));
    Jobs taken(std::make_move_iterator(waiting_.begin()), std::make_move_iterator(end));
    waiting_.erase(waiting_.begin(), end);
    for (const auto& job : taken) bytes_ -= job->bytes();
    if (!waiting_.empty()) changed_.notify_one();
    return taken;
  }

  // Callers that were just answered tend to come back at once: without a moment's patience they would form two groups
  // that take turns, and every write would wait for two commits. Waits for them, at most an eighth of the time that the
  // last group took, and 5 ms.
  void gather() {
    constexpr int kShareOfGroup = 8;
    constexpr std::chrono::nanoseconds kLongest = std::chrono::milliseconds(5);
    std::unique_lock lock(mutex_);
    const std::size_t count = std::exchange(expected_, 0);
    if (count <= 1) return;
    wanted_ = count;
    changed_.wait_for(lock, std::min(group_time_ / kShareOfGroup, kLongest),
                      [&] { return closed_ || waiting_.size() >= count; });
    wanted_ = 1;
  }
  // A group of so many was carried out; as many, and those that wait now, are expected with the next.
  void carried_out(std::size_t count, std::chrono::nanoseconds time) {
    const std::scoped_lock lock(mutex_);
    expected_ = std::min(count + waiting_.size(), kLargestGroup);
    group_time_ = time;
  }

  // From now on push refuses; what waits is still taken.
  void close() {
    const std::scoped_lock lock(mutex_);
    closed_ = true;
    changed_.notify_all();
  }
  // Whether it is closed and nothing waits.
  [[nodiscard]] bool ended() {
    const std::scoped_lock lock(mutex_);
    return closed_ && waiting_.empty();
  }
  [[nodiscard]] std::size_t size() {
    const std::scoped_lock lock(mutex_);
    return waiting_.size();
  }

 private:
  [[nodiscard]] Status full() const {
    return {Code::resource_exhausted, std::to_string(waiting_.size()) + " " + what_ + " with " +
                                          std::to_string(bytes_) + " bytes wait already, at most " +
                                          std::to_string(limits_.jobs) + " with " + std::to_string(limits_.bytes) +
                                          " bytes may; try again in a moment"};
  }

  const std::string what_;
  const QueueLimits limits_;
  std::mutex mutex_;
  std::condition_variable changed_;
  Jobs waiting_;
  std::size_t bytes_ = 0;
  std::size_t wanted_ = 1;
  std::size_t expected_ = 0;
  std::chrono::nanoseconds group_time_{0};
  bool closed_ = false;
};

}  // namespace slipway::store
