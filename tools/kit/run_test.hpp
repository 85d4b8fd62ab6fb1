// Runs one test in this process.
#pragma once

#include <filesystem>
#include <string>

#include "tools/kit/test.hpp"

namespace slipway::kit {

struct Subjects {
  std::filesystem::path package;
  std::uint64_t seed = 0;
  std::filesystem::path config;  // file with the configuration of every instance; empty: made from the plugin's schema
  std::filesystem::path key;     // see Context
};

// Puts the outcome on the board. Whatever the plugin left behind is still there afterwards, so the process had better
// end without looking back: `_exit`.
void run_test(const Test& test, const Subjects& subjects, const Package& package, Board& board);

}  // namespace slipway::kit
