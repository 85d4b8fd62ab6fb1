// Whose word the package's plugin.sig is.
#pragma once

#include <filesystem>
#include <optional>
#include <string>

#include "host/loader/ed25519.hpp"
#include "tools/kit/package.hpp"

namespace slipway::kit {

// The file with the public half of this machine's local key; empty when there is none.
std::filesystem::path local_key_file();

// The key in the file; none without a file.
Result<std::optional<loader::PublicKey>> read_signer(const std::filesystem::path& file);

// Who has signed, as words. FAILED_PRECONDITION for a signature that does not cover plugin.json or is none;
// NOT_FOUND where nothing can be said: the package is not signed, or not by this key.
Result<std::string> check_signature(const Package& package, const std::optional<loader::PublicKey>& signer);

}  // namespace slipway::kit
