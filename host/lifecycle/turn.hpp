// The right to change what runs: one change at a time; another one is refused meanwhile, not queued.
#pragma once

#include <memory>
#include <mutex>
#include <slipway/status.hpp>
#include <string>

namespace slipway::lifecycle {

// What the change is, for who comes second. Held as long as a copy of it lives.
using Turn = std::shared_ptr<const std::string>;

// Thread-safe.
class Turns {
 public:
  // FAILED_PRECONDITION names the change that is under way.
  Result<Turn> take(std::string what) {
    const std::lock_guard lock(mutex_);
    if (const Turn other = held_.lock())
      return Status(Code::failed_precondition,
                    "another change of what runs is under way: " + *other + "; try again when it is done");
    auto turn = std::make_shared<const std::string>(std::move(what));
    held_ = turn;
    return turn;
  }
  [[nodiscard]] bool taken() const {
    const std::lock_guard lock(mutex_);
    return !held_.expired();
  }

 private:
  mutable std::mutex mutex_;
  std::weak_ptr<const std::string> held_;
};

}  // namespace slipway::lifecycle
