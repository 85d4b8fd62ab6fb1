// Starts a process that outlives its parent: own session, default signals, no inherited descriptor.
// Safe in a process with many threads: the child calls only what is async-signal-safe.
#pragma once

#include <cstdint>

#include "plugins/providers/local/base/unique_fd.hpp"
#include "plugins/providers/local/process/command.hpp"

namespace slipway::local {

struct Spawned {
  int pid = 0;
  std::uint64_t start_time = 0;  // clock ticks after boot, as in /proc/<pid>/stat
  UniqueFd pidfd;
};

// Returns once the program runs. Throws slipway::Error that names the program and the step that failed.
Spawned spawn(const Command& command);

}  // namespace slipway::local
