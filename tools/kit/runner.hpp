// Runs tests, each in a process of its own, and says what became of it.
#pragma once

#include <chrono>
#include <filesystem>
#include <functional>
#include <string>
#include <vector>

#include "tools/kit/run_test.hpp"

namespace slipway::kit {

struct Ran {
  const Test* test = nullptr;  // of the list that was run
  Outcome outcome;
  std::chrono::milliseconds took{};
};

enum class Processes : std::uint8_t { one_each, this_one };

struct RunnerSettings {
  std::filesystem::path program;  // slipway-kit itself
  Subjects subjects;
  Processes processes = Processes::one_each;
  double patience = 1;  // time limits are multiplied by it
};

// In order. A test whose need failed is skipped. `tell` hears of each end. Throws std::runtime_error when no process
// can be started.
std::vector<Ran> run_tests(const RunnerSettings& settings, const Tests& tests,
                           const std::function<void(const Ran&)>& tell);

}  // namespace slipway::kit
