// Unpacks a tar archive into a new folder. Blocking; any thread.
#pragma once

#include <filesystem>

#include "plugins/providers/local/artefact/store.hpp"

namespace slipway::local {

// Refuses, naming archive and entry: a path that is absolute or leads out, a link that does, a device, a pipe or a
// socket, and more bytes or entries than the limits allow. Owners, set-id bits and extended attributes are dropped.
void unpack(const std::filesystem::path& archive, const std::filesystem::path& folder, const UnpackLimits& limits);

}  // namespace slipway::local
