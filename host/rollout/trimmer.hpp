// Keeps a tenant's events from growing without bound.
#pragma once

#include <boost/asio/any_io_executor.hpp>
#include <map>
#include <mutex>
#include <string>

#include "host/rollout/settings.hpp"
#include "host/rollout/store.hpp"

namespace slipway::rollout {

// Safe from any thread; the store outlives it and what it has begun.
class Trimmer {
 public:
  Trimmer(boost::asio::any_io_executor executor, Store& store, const EventSettings& settings)
      : executor_(std::move(executor)), store_(store), settings_(settings) {}

  // Events up to this number are stored. Now and then those go that are older than the newest `keep`.
  void stored(const std::string& tenant, std::int64_t newest);

 private:
  boost::asio::any_io_executor executor_;
  Store& store_;
  const EventSettings& settings_;
  std::mutex mutex_;
  std::map<std::string, std::int64_t> trimmed_;  // by tenant, the last number that went
};

}  // namespace slipway::rollout
