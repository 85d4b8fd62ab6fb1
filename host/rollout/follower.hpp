// How a host hears of what others have stored: notices about its own applications, and events that somebody here waits
// for. It reads; nothing is told to it, so that nothing can get lost.
#pragma once

#include <functional>
#include <map>
#include <string>

#include "host/rollout/feed.hpp"
#include "host/rollout/ownership.hpp"
#include "host/rollout/store.hpp"

namespace slipway::rollout {

// Everything here belongs to one strand.
class Follower {
 public:
  struct Heard {
    std::function<void(const Notice&)> changed;
    std::function<void()>
        missed;  // notices were trimmed before they were read, or one is damaged: any application may have changed
  };
  Follower(Store& store, Feed& feed, const Ownership& ownership, const telemetry::Log& log, Heard heard)
      : store_(store), feed_(feed), ownership_(ownership), log_(log), heard_(std::move(heard)) {}

  // From here on: before this host takes work up, so that no change falls between the two.
  boost::asio::awaitable<Status> begin();
  boost::asio::awaitable<void> follow();

 private:
  boost::asio::awaitable<void> read_notices();
  boost::asio::awaitable<void> trim_notices(std::int64_t last);
  boost::asio::awaitable<void> look_for_events();

  Store& store_;
  Feed& feed_;
  const Ownership& ownership_;
  const telemetry::Log& log_;
  Heard heard_;
  std::int64_t notice_ = 0;  // the last one that was read
  std::int64_t trimmed_ = 0;
  std::map<std::string, std::int64_t> newest_;  // event seen, by tenant
  std::string asked_last_;                      // the tenant
};

}  // namespace slipway::rollout
