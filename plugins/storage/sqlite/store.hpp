// The whole store on one file: what the plugin, its tests and its benchmark use.
#pragma once

#include <functional>
#include <memory>
#include <slipway/interfaces/storage.hpp>

#include "plugins/storage/sqlite/clock.hpp"
#include "plugins/storage/sqlite/lock_file.hpp"
#include "plugins/storage/sqlite/readers.hpp"
#include "plugins/storage/sqlite/writer.hpp"

namespace slipway::sqlite {

struct StoreSettings {
  DatabaseSettings database;
  QueueLimits queue;
  TimeSource time = system_time();
  // Receives what a person should know, with an ok status when a fault is over. Any thread of the store.
  std::function<void(const Status&)> report = [](const Status&) {};
};

// Safe from any thread. Answers come on a thread of the store, or on the caller's own when the queue refuses.
class Store {
 public:
  // Makes or opens the file, takes its lock, checks it and brings its schema up to date. Throws Error.
  explicit Store(const StoreSettings& settings);

  void write(std::unique_ptr<Job> job);
  void read(std::unique_ptr<Job> job);

  // Takes no more; returns when everything taken has been answered.
  void stop();
  [[nodiscard]] WriterHealth health() { return writer_->health(); }

 private:
  std::unique_ptr<LockFile> lock_;
  std::unique_ptr<StoreClock> clock_;
  std::unique_ptr<Writer> writer_;
  std::unique_ptr<Readers> readers_;
};

// A job from an operation `Reply work(Database&, Instant)` and an end `void done(Result<Reply>)`.
template <class Work, class Done>
class TypedJob final : public Job {
 public:
  TypedJob(Work work, Done done, std::size_t bytes) : work_(std::move(work)), done_(std::move(done)), bytes_(bytes) {}

  void run(Database& database, Instant now) override { reply_.emplace(work_(database, now)); }
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
  using Reply = std::invoke_result_t<Work&, Database&, Instant>;

  Work work_;
  Done done_;
  std::size_t bytes_;
  std::optional<Reply> reply_;
};

template <class Work, class Done>
std::unique_ptr<Job> make_job(Work work, Done done, std::size_t bytes = 0) {
  return std::make_unique<TypedJob<Work, Done>>(std::move(work), std::move(done), bytes);
}

}  // namespace slipway::sqlite
