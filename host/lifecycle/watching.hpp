// A change that is still watched. Not for use outside this folder.
#pragma once

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/steady_timer.hpp>
#include <chrono>
#include <utility>
#include <vector>

#include "host/lifecycle/lifecycle.hpp"

namespace slipway::lifecycle {

// Belongs to the lifecycle's strand.
struct Lifecycle::Watching {
  // Begins with what has just come into force.
  Watching(const boost::asio::any_io_executor& strand, Watch watch, const Generations& fresh)
      : how(std::move(watch)), timer(strand) {
    for (const GenerationPtr& one : fresh) recent.push_back({one, bridge::Recent(one->tally->counts())});
  }

  // Of one of the generations, and what became of its calls since: a trial's are over.
  struct Latest {
    GenerationPtr generation;
    bridge::Recent<bridge::Tally::Counts> counts;
  };

  Watch how;
  boost::asio::steady_timer timer;
  const std::chrono::steady_clock::time_point began = std::chrono::steady_clock::now();
  std::vector<Latest> recent;
  std::string complaint;  // why it goes back, once there was a reason
  bool baking = true;     // may still go back
  bool settled = false;   // shall come to its end now
};

}  // namespace slipway::lifecycle
