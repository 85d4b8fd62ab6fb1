// Worker processes, as the link needs them: something that can be started, talked to, and ended.
#pragma once

#include <sys/types.h>

#include <memory>
#include <slipway/status.hpp>
#include <slipway/values.hpp>
#include <string>

#include "host/loader/descriptor.hpp"

namespace slipway::isolation {

// One process. The destructor ends and reaps it.
class Process {
 public:
  Process() = default;
  Process(const Process&) = delete;
  Process& operator=(const Process&) = delete;
  virtual ~Process() = default;

  [[nodiscard]] virtual pid_t id() const = 0;
  // By SIGKILL; from any thread, also when it has ended already.
  virtual void kill() = 0;
  // Waits for its end and tells it: "ended by signal 11 (Segmentation fault)", "exited with status 3". Empty when it
  // still runs after `patience`. One thread at a time.
  virtual std::string wait(Duration patience) = 0;
};

struct Launched {
  loader::Descriptor socket;
  std::unique_ptr<Process> process;
};

// Called from one thread at a time; it may block for as long as a process takes to start.
class Launcher {
 public:
  Launcher() = default;
  Launcher(const Launcher&) = delete;
  Launcher& operator=(const Launcher&) = delete;
  virtual ~Launcher() = default;

  virtual Result<Launched> launch() = 0;
};

}  // namespace slipway::isolation
