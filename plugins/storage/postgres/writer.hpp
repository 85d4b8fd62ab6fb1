// Group commit: whoever comes while a group is being committed finds its write in the next one.
#pragma once

#include <atomic>
#include <functional>
#include <memory>
#include <mutex>
#include <random>
#include <slipway/backoff.hpp>
#include <string>
#include <vector>

#include "plugins/storage/common/jobs.hpp"
#include "plugins/storage/postgres/connection.hpp"
#include "plugins/storage/postgres/group.hpp"

namespace slipway::postgres {

// A write that tells what it needs before it runs on it.
class Change : public store::Job<store::Tables> {
 public:
  virtual void add_to(Wanted& wanted) const = 0;
};

struct WriterSettings {
  Target target;
  store::QueueLimits queue;
  // Before another attempt: after a conflict, a lost connection, an outcome that is not known.
  int attempts = 8;
  Backoff backoff{.base = milliseconds(10), .cap = milliseconds(500)};
  std::function<void(Duration)> pause;  // waits; tests turn their own
  // Receives a fault when it begins and an ok status when it ends, on a thread that writes.
  std::function<void(const Status&)> report = [](const Status&) {};
  // Called after a group that appended to a stream is durable, on a thread that writes.
  std::function<void()> appended = [] {};
};

// What was seen last; healthy while `fault` is ok.
struct WriterHealth {
  Status fault;
  std::size_t waiting = 0;
};

// Safe from any thread. It has no thread of its own: the caller whose write finds nobody at work does the work, for all
// that wait, until none do. Each group is one transaction with a mark; when the connection is lost while it commits,
// the next attempt looks for the mark, so that nothing is done twice and nothing is taken for done.
class Writer {
 public:
  explicit Writer(WriterSettings settings);

  // Finishes the job now, or leaves it to the thread that is at work.
  void write(std::unique_ptr<Change> change);
  // Takes no more. What was taken is still being written by its callers.
  void stop() { queue_.close(); }

  // Tries to reach the server first when it could not be reached. Any other fault is over when a write succeeds.
  [[nodiscard]] WriterHealth health();

 private:
  using Changes = store::JobQueue<Change>::Jobs;

  void work();
  bool nobody_waits();
  void write_group(const Changes& group);
  Status commit(const Changes& group, std::vector<Status>& outcomes);
  void attempt(const Changes& group, const std::string& id, std::vector<Status>& outcomes);
  void attempt_leases(const Changes& group, const Wanted& wanted, std::vector<Status>& outcomes);
  static void run(const Changes& group, Group& tables, Instant time, std::vector<Status>& outcomes);
  bool healthy();
  static void end(Connection& server);
  void recover(const Fault& fault, int failures);
  void note(const Status& fault);
  void tidy();
  Connection& connection();
  std::string new_mark();

  const WriterSettings settings_;
  store::JobQueue<Change> queue_;
  std::mutex mutex_;
  bool at_work_ = false;
  Status fault_;
  std::atomic<bool> unreachable_ = false;  // the fault is that of a connection
  // Of the thread at work.
  std::unique_ptr<Connection> connection_;
  std::mt19937_64 random_;
  std::chrono::steady_clock::time_point tidy_at_;
};

}  // namespace slipway::postgres
