// Processes as the rest of the provider sees them; tests put a fake here.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>

#include "plugins/providers/local/base/async.hpp"
#include "plugins/providers/local/process/command.hpp"

namespace slipway::local {

// How a process ended. Neither is known of one that was adopted: only its parent is told.
struct Exit {
  std::optional<int> code;
  std::optional<int> signal;
  bool operator==(const Exit&) const = default;
};
// "exited with status 3", "was ended by signal 9 (Killed)", "ended".
std::string to_string(const Exit& exit);

// What becomes of processes that the one that ended has left in its group.
enum class Leftovers { kLeave, kKill };

// A running process. Destroying the object leaves the process alone.
class Process {
 public:
  virtual ~Process() = default;
  [[nodiscard]] virtual int pid() const = 0;
  [[nodiscard]] virtual std::uint64_t start_time() const = 0;
  // To the process alone; one that has ended is no error.
  virtual void signal(int number) = 0;
  // SIGKILL to it and to all that it started in its session's group.
  virtual void kill_all() = 0;
  // Once. Returns when it has ended; reaps it when it is our child.
  virtual awaitable<Exit> ended(Leftovers leftovers) = 0;
};

class Processes {
 public:
  virtual ~Processes() = default;
  virtual std::unique_ptr<Process> start(const Command& command) = 0;
  // Null when there is no such process any more. A start time of 0 is not compared.
  virtual std::unique_ptr<Process> adopt(int pid, std::uint64_t start_time) = 0;
  // By an entry of its environment; null when there is none.
  virtual std::unique_ptr<Process> find(const std::string& environment_entry) = 0;
};

// The operating system's. One thread: that of the executor.
std::unique_ptr<Processes> make_processes(boost::asio::any_io_executor executor);

}  // namespace slipway::local
