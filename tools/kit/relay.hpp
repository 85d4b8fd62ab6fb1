// Stands between a host and its worker, and kills the worker between two frames.
#pragma once

#include <atomic>
#include <memory>
#include <thread>
#include <vector>

#include "host/isolation/launcher.hpp"

namespace slipway::kit {

// Where the first worker ends: before the frame of that number, counted from 1 in both directions together.
struct Boundary {
  explicit Boundary(std::size_t number) : before(number) {}
  const std::size_t before;
  std::atomic<pid_t> killed{0};  // the process, once it was
};

// Passes every frame on. Workers after the first one are let be.
class Relay final : public isolation::Launcher {
 public:
  // The boundary outlives it.
  Relay(std::unique_ptr<isolation::Launcher> launcher, Boundary& boundary)
      : launcher_(std::move(launcher)), boundary_(boundary) {}
  // Once the host's end is closed.
  ~Relay() override;

  Result<isolation::Launched> launch() override;

 private:
  const std::unique_ptr<isolation::Launcher> launcher_;
  Boundary& boundary_;
  std::vector<std::thread> threads_;
};

}  // namespace slipway::kit
