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

}  // namespace slipway::sqlite
