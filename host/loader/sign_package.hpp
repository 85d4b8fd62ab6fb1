// Puts a signature into a package folder.
#pragma once

#include <filesystem>
#include <slipway/status.hpp>

#include "host/loader/signature_document.hpp"

namespace slipway::loader {

// Signs the folder's plugin.json as it is and replaces its plugin.sig in one step. That the files are those which
// plugin.json lists is the caller's to know. Blocks on the disk.
Result<SignatureDocument> sign_package(const std::filesystem::path& folder, const PrivateKey& key);

}  // namespace slipway::loader
