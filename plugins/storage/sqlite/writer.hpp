// Group commit: one thread turns all writes that wait into one durable transaction.
#pragma once

#include <functional>
#include <mutex>
#include <optional>
#include <thread>

#include "plugins/storage/sqlite/clock.hpp"
#include "plugins/storage/sqlite/job.hpp"

namespace slipway::sqlite {

// What the writer saw last; healthy while `fault` is ok.
struct WriterHealth {
  Status fault;
  std::size_t waiting = 0;
};

// Safe from any thread. Each job runs in a savepoint of its own, so that one refused leaves the others alone; all are
// synchronised to the disk together, and only then finished. A fault of the file's surroundings (disk full) fails the
// whole group with its text; the writer then probes once a second until writing works again.
//
// Callers that were just answered tend to come back at once with their next write. So the writer waits for as many as
// there were, for at most an eighth of the time that the last commit took (and 5 ms): without that they would form two
// groups that take turns, and every write would wait for two commits.
class Writer {
 public:
  // `report` receives a fault when it begins and an ok status when it ends, on the writer's thread.
  using Report = std::function<void(const Status&)>;

  Writer(std::unique_ptr<Database> database, StoreClock& clock, QueueLimits limits, Report report);
  Writer(const Writer&) = delete;
  Writer& operator=(const Writer&) = delete;
  // Stops as stop() does.
  ~Writer();

  // The queue's answer; when it is not ok the job is left to the caller.
  Status submit(std::unique_ptr<Job>& job) { return queue_.push(job); }

  // Takes no more, writes what waits, and ends the thread.
  void stop();

  [[nodiscard]] WriterHealth health();

 private:
  void work();
  void write(const Jobs& group);
  Status commit(const Jobs& group, std::vector<Status>& outcomes);
  Status attempt(Job& job, Instant now);
  void note(const Status& fault);
  [[nodiscard]] bool failing();
  void rest();
  void probe();
  void tidy();

  std::unique_ptr<Database> database_;
  StoreClock& clock_;
  JobQueue queue_;
  Report report_;
  std::mutex mutex_;
  Status fault_;
  Instant tidy_at_;
  std::jthread thread_;
};

}  // namespace slipway::sqlite
