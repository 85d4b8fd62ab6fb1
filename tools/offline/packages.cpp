#include "tools/offline/packages.hpp"

#include <filesystem>

namespace slipway::offline {
namespace {

namespace fs = std::filesystem;

fs::path folder_or_own(const std::string& folder) {
  if (!folder.empty()) return folder;
  const fs::path prefix = fs::read_symlink("/proc/self/exe").parent_path().parent_path();
  const fs::path built = prefix / "plugins-root";
  return fs::exists(built) ? built : prefix / "lib/slipway/plugins";
}

// "judge, sequential": what there is of a kind.
std::string names_of(const loader::Catalog& catalog, const std::string& kind) {
  std::string names;
  for (const loader::Installed& package : catalog.packages()) {
    if (package.manifest.id.starts_with(kind + "-")) names += (names.empty() ? "" : ", ") + package.manifest.id;
  }
  return names.empty() ? "none" : names;
}

}  // namespace

Packages::Packages(const std::string& folder)
    : folder_(folder_or_own(folder)), catalog_(loader::Catalog::scan({folder_})) {}

const test::Library& Packages::library(const std::string& kind, const std::string& name) {
  const std::string id = name.starts_with(kind + "-") ? name : kind + "-" + name;
  auto& library = libraries_[id];
  if (library) return *library;
  const auto package = catalog_.resolve({.profile = "", .instance = "", .id = id, .range = *base::parse_range("*")});
  if (!package.ok())
    throw Error(Code::not_found, "there is no package " + id + " in " + folder_.string() +
                                     "; of its kind there is: " + names_of(catalog_, kind));
  library = std::make_unique<test::Library>((*package)->folder() / (*package)->manifest.library);
  return *library;
}

}  // namespace slipway::offline
