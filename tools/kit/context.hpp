// What a running test has at hand.
#pragma once

#include <cstdint>
#include <filesystem>
#include <mutex>
#include <string>
#include <string_view>
#include <vector>

#include "host/base/random.hpp"
#include "tools/kit/board.hpp"
#include "tools/kit/package.hpp"

namespace slipway::kit {

// What the plugin did against plugin.h, in any thread. Thread-safe.
class Breaches {
 public:
  void add(std::string text);
  // Against plugin.h too, but the host refuses it and nobody is harmed.
  void add_harmless(std::string text);
  [[nodiscard]] bool empty() const;
  // The first one, and how many more there are.
  [[nodiscard]] std::string summary() const;
  // The first harmless one, or empty.
  [[nodiscard]] std::string harmless() const;

 private:
  mutable std::mutex mutex_;
  std::vector<std::string> texts_;
  std::string harmless_;
  std::size_t count_ = 0;
};

// Everything outlives the test.
struct Context {
  const Package& package;
  Board& board;
  base::Random& random;       // from the seed and the test's name
  std::filesystem::path key;  // public half of the key that should have signed; empty: none is at hand
  std::string config;         // of every instance; "${folder}", "${instance}" and "${port}" are filled in
  std::size_t instances = 0;
  Breaches breaches{};
  std::vector<std::string> warnings{};
  std::string note{};  // what a pass tells besides
};

}  // namespace slipway::kit
