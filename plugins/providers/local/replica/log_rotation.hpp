// Rotates a log file that a process holds open and appends to: the text is copied to <file>.1 and the file cut to
// nothing, since the process outlives us and never reopens it. A line written between the two is lost. Thread-safe: no
// state.
#pragma once

#include <cstdint>
#include <filesystem>
#include <set>
#include <string>

namespace slipway::local {

struct LogSettings {
  std::uint64_t max_bytes = std::uint64_t{10} << 20;
  int keep = 3;  // <file>.1 (newest) to <file>.<keep>
};

// Rotates when the file is larger than max_bytes. Returns whether it did. A missing file is not rotated.
bool rotate_if_large(const std::filesystem::path& file, const LogSettings& settings);

// Removes the oldest files of the folder until at most `most` are left, but none of those replicas: what a process
// appends to would be lost.
void prune_logs(const std::filesystem::path& folder, std::size_t most, const std::set<std::string>& replicas);

}  // namespace slipway::local
