#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>

namespace slipway::example {

// How the server behaves. Ratios are shares of all requests but probes, from 0 to 1.
struct Options {
  std::string address = "127.0.0.1";
  std::uint16_t port = 8080;
  std::string version = "dev";
  double fail_ratio = 0;
  double slow_ratio = 0;
  std::chrono::milliseconds latency{0};
  std::chrono::milliseconds slow_latency{500};
  std::chrono::milliseconds startup_delay{0};
  std::chrono::milliseconds ready_after{0};
  std::optional<std::chrono::milliseconds> exit_after;
  std::chrono::milliseconds drain_limit{10'000};
  std::uint64_t seed = 0;
  bool ignore_sigterm = false;
  bool crash_on_start = false;
  std::string count_dir;    // empty: counts are kept in memory only
  std::string show_counts;  // a count file to print instead of serving
};

// Flags win over the environment. Ends the process for --help and for a fault, which it names on standard error.
Options read_options(int argc, char** argv);

}  // namespace slipway::example
