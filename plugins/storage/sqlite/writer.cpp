#include "plugins/storage/sqlite/writer.hpp"

#include <algorithm>
#include <utility>

#include "plugins/storage/sqlite/batch.hpp"
#include "plugins/storage/sqlite/faults.hpp"

namespace slipway::sqlite {
namespace {

constexpr int kPagesBeforeCheckpoint = 1000;
constexpr auto kBetweenProbes = std::chrono::milliseconds(1000);
constexpr auto kIdle = std::chrono::milliseconds(60'000);
constexpr Duration kBetweenTidying = seconds(60);
constexpr Duration kWhileThereIsMore = seconds(1);

}  // namespace

Writer::Writer(std::unique_ptr<Database> database, StoreClock& clock, QueueLimits limits, Report report)
    : database_(std::move(database)),
      clock_(clock),
      queue_("writes", limits),
      report_(std::move(report)),
      thread_([this] { work(); }) {}

Writer::~Writer() { stop(); }

void Writer::stop() {
  queue_.close();
  if (thread_.joinable()) thread_.join();
}

WriterHealth Writer::health() {
  const std::scoped_lock lock(mutex_);
  return {fault_, queue_.size()};
}

void Writer::work() {
  while (!queue_.ended()) {
    queue_.gather();
    const Jobs group = queue_.take(store::kLargestGroup, failing() ? kBetweenProbes : kIdle);
    if (group.empty()) {
      rest();
    } else {
      write(group);
    }
  }
}

void Writer::write(const Jobs& group) {
  std::vector<Status> outcomes(group.size());
  const auto begun = std::chrono::steady_clock::now();
  const Status fault = commit(group, outcomes);
  queue_.carried_out(group.size(), std::chrono::steady_clock::now() - begun);
  note(fault);
  for (std::size_t i = 0; i < group.size(); ++i) group[i]->finish(fault.ok() ? outcomes[i] : fault);
  if (fault.ok()) tidy();
}

Status Writer::commit(const Jobs& group, std::vector<Status>& outcomes) {
  try {
    database_->execute("BEGIN IMMEDIATE");
    const Instant now = clock_.now();
    for (std::size_t i = 0; i < group.size(); ++i) outcomes[i] = attempt(*group[i], now);
    database_->execute("COMMIT");
    return {};
  } catch (const Error& error) {
    database_->roll_back();
    return error.status();
  }
}

// Throws Error when the whole transaction is lost.
Status Writer::attempt(Job& job, Instant now) {
  if (job.abandoned()) return {Code::cancelled, "the caller gave up before it was written"};
  database_->query("SAVEPOINT job").run();
  Status status;
  try {
    job.run(*database_, now);
  } catch (const Error& error) {
    if (!database_->in_transaction() || concerns_everyone(error.status())) throw;
    status = error.status();
  } catch (const std::exception& error) {
    status = {Code::internal, std::string("the write failed: ") + error.what()};
  }
  if (!status.ok()) database_->query("ROLLBACK TO job").run();
  database_->query("RELEASE job").run();
  return status;
}

void Writer::note(const Status& fault) {
  {
    const std::scoped_lock lock(mutex_);
    if (fault_ == fault) return;
    fault_ = fault;
  }
  report_(fault);
}

bool Writer::failing() {
  const std::scoped_lock lock(mutex_);
  return !fault_.ok();
}

void Writer::rest() {
  if (failing()) {
    probe();
  } else {
    tidy();
  }
}

// Writes what is there already: enough to need the disk.
void Writer::probe() {
  try {
    database_->execute("BEGIN IMMEDIATE; UPDATE migrations SET applied_at = applied_at WHERE number = 1; COMMIT");
    note({});
  } catch (const Error& error) {
    database_->roll_back();
    note(error.status());
  }
}

void Writer::tidy() {
  try {
    if (database_->log_pages() >= kPagesBeforeCheckpoint) database_->checkpoint();
    const Instant now = clock_.now();
    if (now < tidy_at_) return;
    tidy_at_ = now + kBetweenTidying;
    if (forget_batches(*database_, now)) tidy_at_ = now + kWhileThereIsMore;
  } catch (const Error& error) {
    database_->roll_back();
    note(error.status());
  }
}

}  // namespace slipway::sqlite
