// A file layer for SQLite that fails where a test says, and counts what reaches the disk.
#pragma once

#include <atomic>
#include <cstdint>
#include <limits>

namespace slipway::test {

// What the layer does to writes, truncations and synchronisations. One for the process: tests reset it.
struct DiskFaults {
  static constexpr std::int64_t kNever = std::numeric_limits<std::int64_t>::max();

  std::atomic<std::int64_t> operations{0};
  std::atomic<std::int64_t> synchronisations{0};
  // Operations of these numbers (the first is 1) fail.
  std::atomic<std::int64_t> first_failing{kNever};
  std::atomic<std::int64_t> last_failing{kNever};
  // The SQLite result code that they fail with.
  std::atomic<int> code{0};
};
DiskFaults& disk_faults();

// Registers the layer once and sets every fault back; returns its name.
const char* faulty_vfs();

}  // namespace slipway::test
