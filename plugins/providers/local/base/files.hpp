// Small private files. Thread-safe: no state. Failures throw slipway::Error that names the path and the cause.
#pragma once

#include <cstddef>
#include <filesystem>
#include <optional>
#include <string>
#include <string_view>

namespace slipway::local {

enum class Durability {
  kProcess,  // survives the end of any process, not of the machine
  kMachine,  // file and folder are synced
};

// Replaces the file in one rename, mode 0600: a reader sees the old or the new text, never a part.
void write_file(const std::filesystem::path& path, std::string_view text, Durability durability);

// The whole text, or nothing when there is no such file. Refuses one larger than `limit` bytes.
std::optional<std::string> read_file(const std::filesystem::path& path, std::size_t limit = std::size_t{8} << 20);

// The last `most` bytes, without newlines at the end; empty when there is no such file.
std::string read_tail(const std::filesystem::path& path, std::size_t most);

// Makes the folder and its parents with mode 0700 where missing.
void make_private_folder(const std::filesystem::path& path);

}  // namespace slipway::local
