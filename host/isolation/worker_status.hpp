// How a worker is, as data. Plain values.
#pragma once

#include <sys/types.h>

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "host/isolation/messages.hpp"

namespace slipway::isolation {

enum class WorkerState : std::uint8_t {
  starting,    // not all of load, create and start has happened yet
  running,     // takes calls
  restarting,  // ended, and will be started again soon
  broken,      // ended too often: the circuit is open until the next try
  stopped,     // ended for good
};

struct WorkerStatus {
  WorkerState state = WorkerState::starting;
  pid_t process = 0;           // 0 while there is none
  std::uint32_t restarts = 0;  // since the instance was made
  // Why it is not running, or why it was started again the last time: "ended by signal 9 (Killed); the next start is in
  // 250ms".
  std::string reason;
  // What holds the plugin in, and what does not.
  std::vector<Protection> protections;
};

}  // namespace slipway::isolation
