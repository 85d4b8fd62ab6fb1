// The package under test, read without running any of it. What is wrong with it is kept, for the test that tells it.
#pragma once

#include <filesystem>
#include <optional>
#include <slipway/status.hpp>
#include <string>

#include "host/loader/elf_image.hpp"
#include "host/manifest/plugin_manifest.hpp"

namespace slipway::kit {

// Constant after reading.
struct Package {
  std::filesystem::path folder;
  Result<manifest::PluginManifest> manifest = Status(Code::unknown, "not read");
  Result<loader::ElfImage> image = Status(Code::unknown, "not read");
  std::filesystem::path library;  // empty without a manifest
  std::string digest;             // SHA-256 of the library; empty when it can't be read

  // Throws Ended with skip: the test that says what is wrong is another one.
  [[nodiscard]] const manifest::PluginManifest& must_have_manifest() const;
  [[nodiscard]] const loader::ElfImage& must_have_image() const;
};

// Why `folder` is no package, with one beneath it where there is one; OK when it holds a plugin.json.
Status check_folder(const std::filesystem::path& folder);

// `folder` holds plugin.json.
Package read_package(const std::filesystem::path& folder);

// Holds the files against plugin.json: links, files that are missing, that are not listed, or that have another digest.
Status check_files(const Package& package);

}  // namespace slipway::kit
