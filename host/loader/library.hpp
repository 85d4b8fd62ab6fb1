// A verified plugin library in this process.
#pragma once

#include <slipway/abi/plugin.h>

#include <filesystem>
#include <memory>
#include <string>

#include "host/loader/mapping.hpp"
#include "host/loader/package.hpp"
#include "host/loader/residents.hpp"

namespace slipway::loader {

// The mapping itself, shared by every package whose library has these bytes. Unmaps on the thread that drops the last
// reference, and tells the residents what became of it.
class MappedLibrary {
 public:
  MappedLibrary(StoredFile file, const ElfImage& image, Mapping mapping, const slipway_plugin& table,
                std::shared_ptr<Residents> residents);
  MappedLibrary(const MappedLibrary&) = delete;
  MappedLibrary& operator=(const MappedLibrary&) = delete;
  ~MappedLibrary();

  [[nodiscard]] const slipway_plugin& table() const { return table_; }
  [[nodiscard]] const StoredFile& file() const { return file_; }

 private:
  StoredFile file_;      // held open: its inode can't be used again for other bytes while it is mapped
  std::string kept_by_;  // why it would stay in memory
  Mapping mapping_;
  const slipway_plugin& table_;
  std::shared_ptr<Residents> residents_;
};

// What the rest of the host holds, by shared_ptr: whoever has one may call into the plugin. The last reference must
// never be dropped on the plugin's own stack. Everything is constant and safe from any thread.
class Library {
 public:
  Library(Installed package, Signer signer, std::shared_ptr<const MappedLibrary> mapped)
      : package_(std::move(package)), signer_(std::move(signer)), mapped_(std::move(mapped)) {}

  [[nodiscard]] const slipway_plugin& table() const { return mapped_->table(); }
  [[nodiscard]] const manifest::PluginManifest& manifest() const { return package_.manifest; }
  // SHA-256 of the library file.
  [[nodiscard]] const std::string& digest() const { return mapped_->file().sha256; }
  // Who vouches for the package.
  [[nodiscard]] const Signer& signer() const { return signer_; }
  // Where the package was found.
  [[nodiscard]] std::filesystem::path folder() const { return package_.folder(); }

 private:
  Installed package_;
  Signer signer_;
  std::shared_ptr<const MappedLibrary> mapped_;
};

}  // namespace slipway::loader
