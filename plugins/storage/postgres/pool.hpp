// Connections for reads: made when first needed, kept, and never more than a number.
#pragma once

#include <chrono>
#include <condition_variable>
#include <memory>
#include <mutex>
#include <utility>
#include <vector>

#include "plugins/storage/postgres/connection.hpp"

namespace slipway::postgres {

// Safe from any thread.
class Pool {
 public:
  Pool(Target target, std::size_t most) : target_(std::move(target)), most_(most) {}

  // Runs `Reply work(Connection&)` on a connection, and once more on a new one when a kept one turns out to be lost.
  // Throws Error: RESOURCE_EXHAUSTED when none becomes free in time, else what the work throws.
  template <class Work>
  auto with(Work work) {
    bool kept = false;
    auto connection = take(kept);
    const Return back(*this, connection);
    try {
      return work(*connection);
    } catch (const Fault& fault) {
      if (!kept || fault.remedy() != Remedy::reconnect) throw;
    }
    connection.reset();
    connection = std::make_unique<Connection>(target_);
    return work(*connection);
  }

 private:
  class Return {
   public:
    Return(Pool& pool, std::unique_ptr<Connection>& connection) : pool_(pool), connection_(connection) {}
    Return(const Return&) = delete;
    Return& operator=(const Return&) = delete;
    ~Return() { pool_.give_back(std::move(connection_)); }

   private:
    Pool& pool_;
    std::unique_ptr<Connection>& connection_;
  };

  // `kept` tells whether the connection has been used before.
  std::unique_ptr<Connection> take(bool& kept);
  void give_back(std::unique_ptr<Connection> connection);

  const Target target_;
  const std::size_t most_;
  std::mutex mutex_;
  std::condition_variable returned_;
  std::vector<std::unique_ptr<Connection>> idle_;
  std::size_t used_ = 0;
};

}  // namespace slipway::postgres
