// Packages that travel as tar archives, unpacked with distrust.
#pragma once

#include <filesystem>
#include <slipway/status.hpp>

#include "host/loader/package_folder.hpp"

namespace slipway::loader {

// Unpacks a tar archive, plain or compressed by gzip, xz or zstd, into a folder of the caller's that is empty and
// private, and returns the folder of the one package in it: the archive's top, or the end of a row of single folders
// such as <id>/<version>. Only regular files and folders come out of it, readable by their owner.
//
// INVALID_ARGUMENT names the archive and the entry: paths that are absolute or lead upwards, links, devices, names that
// occur twice, and what is no archive. RESOURCE_EXHAUSTED for more files, bytes or depth than the limits; no more than
// that is ever written. Blocks on the disk; safe from any thread.
Result<std::filesystem::path> unpack_package(const std::filesystem::path& archive, const std::filesystem::path& into,
                                             const PackageLimits& limits = {});

}  // namespace slipway::loader
