// From an installed package to a library in this process, or a refusal that says why and what to do.
#pragma once

#include <slipway/abi/plugin.h>

#include <cstdint>
#include <filesystem>
#include <functional>
#include <memory>
#include <mutex>
#include <slipway/status.hpp>
#include <string_view>
#include <vector>

#include "host/loader/library.hpp"
#include "host/loader/package.hpp"
#include "host/loader/package_folder.hpp"
#include "host/loader/residents.hpp"
#include "host/loader/signature.hpp"

namespace slipway::loader {

struct LoaderSettings {
  std::filesystem::path store;  // private folder for the copies that are mapped
  PackageLimits limits;
  std::uint32_t abi_major = SLIPWAY_ABI_MAJOR;  // what this host speaks
  std::uint32_t abi_minor = SLIPWAY_ABI_MINOR;
  // Called before each check with its name: for tests that change files meanwhile. May be empty.
  std::function<void(std::string_view check)> before_check{};
  // Sees the verified library run elsewhere before any of its code runs here; its refusal is the loader's. May be
  // empty.
  std::function<Status(const VerifiedPackage&)> first_contact{};
};

// Safe from any thread; loads run one at a time. Everything here reads files and may block.
class Loader {
 public:
  // `signatures` outlives the loader.
  Loader(LoaderSettings settings, const SignaturePolicy& signatures);

  // Every check that runs no code of the package. The message of a refusal begins "plugin <id> <version>: ".
  [[nodiscard]] Result<VerifiedPackage> verify(const Installed& package) const;

  // Maps the verified copy, then hears the plugin's own word: its entry function and its table. Constructors of the
  // library and its entry function run on the calling thread.
  [[nodiscard]] Result<std::shared_ptr<const Library>> load(VerifiedPackage verified);
  // verify, then load.
  [[nodiscard]] Result<std::shared_ptr<const Library>> load(const Installed& package);

  // Removes from the store what no loaded plugin uses. The store belongs to this loader alone.
  void sweep();

  [[nodiscard]] Residents& residents() { return *residents_; }

 private:
  Result<std::shared_ptr<const MappedLibrary>> map_or_share(VerifiedPackage& verified);

  LoaderSettings settings_;
  const SignaturePolicy& signatures_;
  ContentStore store_;
  std::mutex one_at_a_time_;
  // Those whose plugin.json asks never to be unloaded; they go with the loader.
  std::vector<std::shared_ptr<const MappedLibrary>> kept_;
  // Libraries may outlive the loader and still report to it.
  std::shared_ptr<Residents> residents_ = std::make_shared<Residents>();
};

}  // namespace slipway::loader
