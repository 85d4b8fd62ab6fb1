// SHA-256 of files. Thread-safe: no state.
#pragma once

#include <filesystem>
#include <string>

namespace slipway::local {

// "sha256:<64 hex digits>" of the file's bytes.
std::string file_digest(const std::filesystem::path& path);

// Whether the text has that form.
bool is_digest(const std::string& text);

}  // namespace slipway::local
