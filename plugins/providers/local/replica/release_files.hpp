// The files of a release, in a folder that the replica's user may own. Thread-safe: no state.
#pragma once

#include <filesystem>
#include <optional>
#include <slipway/interfaces/provider.hpp>

#include "plugins/providers/local/process/command.hpp"

namespace slipway::local {

// Writes the file below `folder`, its subfolders too, and gives what is new to the user. Nothing below the folder is
// followed or written through, as what runs there may have put any link in its place: a subfolder that is none is
// refused, a file is replaced as a whole. Throws slipway::Error that names the path.
void write_release_file(const std::filesystem::path& folder, const provider::File& file,
                        const std::optional<User>& user);

}  // namespace slipway::local
