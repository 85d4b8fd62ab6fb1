// A change that is still watched. Not for use outside this folder.
#pragma once

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/steady_timer.hpp>

#include "host/lifecycle/lifecycle.hpp"

namespace slipway::lifecycle {

// Belongs to the lifecycle's strand.
struct Lifecycle::Watching {
  Watching(const boost::asio::any_io_executor& strand, Watch watch) : how(std::move(watch)), timer(strand) {}

  Watch how;
  boost::asio::steady_timer timer;
  bool baking = true;    // may still go back
  bool settled = false;  // shall come to its end now
};

}  // namespace slipway::lifecycle
