// Threads that answer reads, each on a connection of its own: reading goes on while the writer commits or the disk is
// full.
#pragma once

#include <thread>
#include <vector>

#include "plugins/storage/sqlite/job.hpp"

namespace slipway::sqlite {

// Safe from any thread. Each job sees the database as of one moment.
class Readers {
 public:
  Readers(const DatabaseSettings& settings, std::size_t count, QueueLimits limits);
  Readers(const Readers&) = delete;
  Readers& operator=(const Readers&) = delete;
  // Stops as stop() does.
  ~Readers();

  // The queue's answer; when it is not ok the job is left to the caller.
  Status submit(std::unique_ptr<Job>& job) { return queue_.push(job); }

  // Takes no more, answers what waits, and ends the threads.
  void stop();

 private:
  void work(Database& database);

  JobQueue queue_;
  std::vector<std::unique_ptr<Database>> databases_;
  std::vector<std::jthread> threads_;
};

}  // namespace slipway::sqlite
