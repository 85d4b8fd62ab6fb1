// The files of one package as they lie on the disk: found and opened without following a link, within caps.
#pragma once

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <slipway/status.hpp>
#include <string>
#include <string_view>
#include <vector>

#include "host/loader/descriptor.hpp"

namespace slipway::loader {

struct PackageLimits {
  std::size_t files = 128;
  std::size_t depth = 8;  // folders inside folders
  std::uint64_t bytes = std::uint64_t{512} << 20;
  std::size_t manifest_bytes = std::size_t{1} << 20;
};

struct PackageFile {
  std::string path;  // inside the package, "share/mirror.lua"
  std::uint64_t size = 0;
  Descriptor file;
};

// Opens <root>/<id>/<version> and every file in it, and keeps them open: what was counted here is what is read later.
// A link, device, pipe or socket anywhere below `root` is INVALID_ARGUMENT, what everybody may write to is
// FAILED_PRECONDITION, too many or too large files are RESOURCE_EXHAUSTED; each message begins with the path. `root`
// itself may be reached through links. Sorted by path.
Result<std::vector<PackageFile>> open_package(const std::filesystem::path& root, const std::filesystem::path& inside,
                                              const PackageLimits& limits);

// The whole of an open file of at most max_bytes, from its start; `path` is for the message.
Result<std::string> read_all(const Descriptor& file, std::size_t max_bytes, const std::filesystem::path& path);

}  // namespace slipway::loader
