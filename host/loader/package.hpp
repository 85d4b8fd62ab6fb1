// A package from a plugin root: what the catalog found, and what is left of it once every check has passed.
#pragma once

#include <filesystem>
#include <slipway/status.hpp>
#include <string>

#include "host/loader/content_store.hpp"
#include "host/loader/elf_image.hpp"
#include "host/loader/signature.hpp"
#include "host/manifest/plugin_manifest.hpp"

namespace slipway::loader {

// An installed package, known by its plugin.json alone; nothing of it has run.
struct Installed {
  std::filesystem::path root;
  manifest::PluginManifest manifest;
  std::string manifest_digest;  // SHA-256 of the plugin.json that it was read from
  std::filesystem::path place;  // below the root, where that is not <id>/<version>

  // Its place, else <id>/<version>.
  [[nodiscard]] std::filesystem::path inside() const;
  [[nodiscard]] std::filesystem::path folder() const { return root / inside(); }
};

// A package whose every byte was compared with its plugin.json, in the store; nothing of it has run.
struct VerifiedPackage {
  Installed package;
  StoredFile library;
  ElfImage image;
  Signer signer;
};

}  // namespace slipway::loader
