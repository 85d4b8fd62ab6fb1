#include "plugins/storage/postgres/pool.hpp"

#include <string>

namespace slipway::postgres {
namespace {

constexpr auto kReturnPatience = std::chrono::seconds(5);

}  // namespace

std::unique_ptr<Connection> Pool::take(bool& kept) {
  {
    std::unique_lock lock(mutex_);
    if (!returned_.wait_for(lock, kReturnPatience, [&] { return used_ < most_; })) {
      throw Error(Code::resource_exhausted,
                  "all " + std::to_string(most_) + " connections for reads are in use; try again in a moment");
    }
    ++used_;
    kept = !idle_.empty();
    if (kept) {
      auto connection = std::move(idle_.back());
      idle_.pop_back();
      return connection;
    }
  }
  try {
    return std::make_unique<Connection>(target_);
  } catch (...) {
    give_back(nullptr);
    throw;
  }
}

void Pool::give_back(std::unique_ptr<Connection> connection) {
  const std::scoped_lock lock(mutex_);
  if (connection && connection->open()) idle_.push_back(std::move(connection));
  --used_;
  returned_.notify_one();
}

}  // namespace slipway::postgres
