// What is installed: every package below the plugin roots, read without running any of it, and which of them fits a
// wish.
#pragma once

#include <cstddef>
#include <filesystem>
#include <slipway/status.hpp>
#include <string>
#include <vector>

#include "host/base/semver.hpp"
#include "host/loader/package.hpp"
#include "host/manifest/profile.hpp"

namespace slipway::loader {

// A folder that looks like a package and can't be used; it stops nobody else.
struct PackageFault {
  std::filesystem::path folder;
  Status status;
};

// What a profile asks for.
struct PluginWish {
  std::string profile;   // the profile's name, for the message
  std::string instance;  // the instance's name, for the message
  std::string id;
  base::VersionRange range;
};

// Immutable after scan; safe from any thread.
class Catalog {
 public:
  // Reads <root>/<id>/<version>/plugin.json below each root. A package that a root before holds already in the same
  // version is a fault. A root that does not exist is a fault too. Blocks on the disk.
  static Catalog scan(const std::vector<std::filesystem::path>& roots);

  [[nodiscard]] const std::vector<Installed>& packages() const { return packages_; }
  [[nodiscard]] const std::vector<PackageFault>& faults() const { return faults_; }

  // How a profile is held against what is installed; valid as long as the catalog.
  [[nodiscard]] manifest::FindPlugin finder() const;

  // The highest installed version inside the range. NOT_FOUND names the wish, what is there instead, and the way out.
  // The pointer is valid as long as the catalog.
  [[nodiscard]] Result<const Installed*> resolve(const PluginWish& wish) const;

 private:
  void scan_root(const std::filesystem::path& root);
  void scan_plugin(const std::filesystem::path& root, const std::string& id);
  void add(const std::filesystem::path& root, const std::string& id, const std::string& version);
  void fault(const std::filesystem::path& folder, Status status) { faults_.push_back({folder, std::move(status)}); }
  [[nodiscard]] const Installed* best(const std::string& id, const base::VersionRange& range) const;
  [[nodiscard]] std::vector<base::Version> versions_of(const std::string& id) const;
  [[nodiscard]] Status not_installed(const PluginWish& wish) const;
  [[nodiscard]] std::string left_out(const std::string& id) const;

  std::vector<std::filesystem::path> roots_;
  std::vector<Installed> packages_;
  std::vector<PackageFault> faults_;
};

}  // namespace slipway::loader
