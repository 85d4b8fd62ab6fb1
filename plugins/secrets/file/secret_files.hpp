// A directory of secrets: one regular file each, for its owner only. Read anew at every call, so that a changed secret
// is seen. Safe from any thread.
#pragma once

#include <cstddef>
#include <filesystem>
#include <optional>
#include <slipway/status.hpp>
#include <string>
#include <vector>

namespace slipway::secrets_file {

inline constexpr std::size_t kMaxBytes = 64 << 10;

// Letters, digits, '_', '-' and '.', not beginning with '.', at most 128: what may be a file's name here.
bool is_name(const std::string& name);

// The secret without one trailing newline; nothing when there is no such file. FAILED_PRECONDITION for a file that
// others may read, that is a link or no regular file, or that is too large. No error tells a value.
Result<std::optional<std::string>> read_secret(const std::filesystem::path& directory, const std::string& name);

// Names of what is there, sorted.
Result<std::vector<std::string>> list_secrets(const std::filesystem::path& directory);

}  // namespace slipway::secrets_file
