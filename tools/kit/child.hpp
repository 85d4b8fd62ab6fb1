// A process in a folder of its own, with a clean environment and a time limit.
#pragma once

#include <chrono>
#include <cstdint>
#include <string>
#include <vector>

namespace slipway::kit {

struct End {
  enum class Kind : std::uint8_t { exit, signal, too_long } kind = Kind::exit;
  int number = 0;  // the exit status or the signal

  // "SIGABRT".
  [[nodiscard]] std::string signal_name() const;
};

// Runs words[0] and waits. Its working directory is empty and goes with it; standard output and error go to files
// there. What it started goes too: this process becomes the parent of its orphans, and ends every child that it has
// afterwards. Throws std::runtime_error when it can't be started.
End run_child(const std::vector<std::string>& words, std::chrono::milliseconds limit);

}  // namespace slipway::kit
