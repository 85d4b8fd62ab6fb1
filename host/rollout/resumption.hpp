// How a host goes on with what it has taken over: many applications at once, read together, and a bounded number of
// them at a time, so that ten thousand neither ask the store one by one nor all together.
#pragma once

#include <boost/asio/any_io_executor.hpp>
#include <deque>
#include <memory>
#include <mutex>
#include <optional>
#include <vector>

#include "host/rollout/driver.hpp"

namespace slipway::rollout {

// Safe from any thread. It outlives its executor's work.
class Resumption {
 public:
  Resumption(boost::asio::any_io_executor executor, Store& store, const base::Clock& clock, Timers& timers)
      : executor_(std::move(executor)), store_(store), clock_(clock), timers_(timers) {}

  // The driver decides nothing from now on until it resumes, soon; nobody has looked meanwhile.
  void add(std::shared_ptr<Driver> driver, Absence absence);
  // What has not begun does not begin.
  void stop();

 private:
  using Drivers = std::vector<std::shared_ptr<Driver>>;
  using Found = std::vector<std::optional<Driver::Found>>;

  boost::asio::awaitable<void> work(boost::asio::any_io_executor strand);
  // Empty when there is nothing left, and then this worker has ended.
  Drivers next();
  // What could not be read with the others, its driver reads by itself.
  boost::asio::awaitable<Found> read(const Drivers& drivers);
  boost::asio::awaitable<void> read_rollouts(const Drivers& drivers, Found& found);
  boost::asio::awaitable<void> read_releases(const Drivers& drivers, Found& found);
  boost::asio::awaitable<void> resume(boost::asio::any_io_executor strand, Drivers drivers, Found found);

  const boost::asio::any_io_executor executor_;
  Store& store_;
  const base::Clock& clock_;
  Timers& timers_;
  std::mutex mutex_;
  std::deque<std::shared_ptr<Driver>> waiting_;
  int workers_ = 0;
};

}  // namespace slipway::rollout
