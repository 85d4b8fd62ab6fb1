// Work for a thread of the store, and the bounded queue that brings it there.
#pragma once

#include <chrono>
#include <condition_variable>
#include <cstddef>
#include <memory>
#include <mutex>
#include <optional>
#include <slipway/status.hpp>
#include <string>
#include <utility>
#include <vector>

#include "plugins/storage/sqlite/database.hpp"

namespace slipway::sqlite {

// One read or write. The store calls run at most once, inside a transaction, and finish exactly once, after that
// transaction has ended, on the thread that ran it.
class Job {
 public:
  Job() = default;
  Job(const Job&) = delete;
  Job& operator=(const Job&) = delete;
  virtual ~Job() = default;

  // Throws Error to have its own changes undone.
  virtual void run(Database& database, Instant now) = 0;
  virtual void finish(const Status& status) = 0;
  // Whether nobody waits for the answer any more.
  [[nodiscard]] virtual bool abandoned() const { return false; }
  // Roughly what it holds in memory while it waits.
  [[nodiscard]] virtual std::size_t bytes() const { return 0; }
};
using Jobs = std::vector<std::unique_ptr<Job>>;

struct QueueLimits {
  std::size_t jobs = 4096;
  std::size_t bytes = std::size_t{64} << 20;
};

// Safe from any thread.
class JobQueue {
 public:
  // `what` names the jobs in refusals: "writes".
  JobQueue(std::string what, QueueLimits limits) : what_(std::move(what)), limits_(limits) {}

  // Takes the job, or says why not and leaves it: RESOURCE_EXHAUSTED when full, UNAVAILABLE when closed.
  Status push(std::unique_ptr<Job>& job);

  // Waits for jobs and takes up to `count`. Empty after `patience`, or once the queue is closed and drained.
  Jobs take(std::size_t count, std::chrono::milliseconds patience);

  // Waits until `count` jobs wait, at most for `patience`.
  void gather(std::size_t count, std::chrono::nanoseconds patience);

  // From now on push refuses; what waits is still taken.
  void close();
  // Whether it is closed and nothing waits.
  [[nodiscard]] bool ended();
  [[nodiscard]] std::size_t size();

 private:
  const std::string what_;
  const QueueLimits limits_;
  std::mutex mutex_;
  std::condition_variable changed_;
  std::vector<std::unique_ptr<Job>> waiting_;
  std::size_t bytes_ = 0;
  std::size_t wanted_ = 1;
  bool closed_ = false;
};

}  // namespace slipway::sqlite
