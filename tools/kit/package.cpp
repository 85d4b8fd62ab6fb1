#include "tools/kit/package.hpp"

#include <set>

#include "host/base/files.hpp"
#include "host/base/sha256.hpp"
#include "host/loader/package_folder.hpp"
#include "tools/kit/verdict.hpp"

namespace slipway::kit {
namespace {

constexpr std::size_t kMostBytes = std::size_t{512} << 20;

Status refuse(const std::filesystem::path& path, const std::string& why) {
  return {Code::failed_precondition, path.string() + ": " + why};
}

constexpr const char* kManifest = "plugin.json";

// The first package of FOLDER/VERSION or FOLDER/ID/VERSION; empty when there is none.
std::filesystem::path package_beneath(const std::filesystem::path& folder, int depth = 2) {
  std::error_code unreadable;
  std::set<std::filesystem::path> inside;
  for (std::filesystem::directory_iterator entry(folder, unreadable), end; entry != end; entry.increment(unreadable)) {
    if (entry->is_directory(unreadable)) inside.insert(entry->path());
  }
  for (const auto& path : inside) {
    if (std::filesystem::exists(path / kManifest, unreadable)) return path;
  }
  for (const auto& path : inside) {
    if (depth == 1) break;
    if (auto found = package_beneath(path, depth - 1); !found.empty()) return found;
  }
  return {};
}

void read_library(Package& package) {
  const auto bytes = base::read_file(package.library, {.max_bytes = kMostBytes, .links = base::Links::refuse});
  if (!bytes.ok()) {
    package.image = bytes.status();
    return;
  }
  package.digest = base::sha256_hex(*bytes);
  package.image = loader::read_elf(*bytes);
}

}  // namespace

const manifest::PluginManifest& Package::must_have_manifest() const {
  if (!manifest.ok()) skip("plugin.json can't be read; see static.plugin_json");
  return *manifest;
}

const loader::ElfImage& Package::must_have_image() const {
  if (!image.ok()) skip("the library can't be read; see static.library");
  return *image;
}

Status check_folder(const std::filesystem::path& folder) {
  std::error_code unreadable;
  if (!std::filesystem::is_directory(folder, unreadable))
    return refuse(folder, "is no folder; name the one that holds plugin.json");
  if (std::filesystem::exists(folder / kManifest, unreadable)) return {};
  const auto beneath = package_beneath(folder);
  return refuse(folder, "has no plugin.json, so it is no package; name the folder of one version, " +
                            (beneath.empty() ? "ID/VERSION" : beneath.string()));
}

Package read_package(const std::filesystem::path& folder) {
  Package package;
  package.folder = std::filesystem::absolute(folder).lexically_normal();
  if (!package.folder.has_filename()) package.folder = package.folder.parent_path();
  const auto path = package.folder / kManifest;
  const auto text = base::read_file(path);
  package.manifest = text.ok() ? manifest::parse_plugin_manifest(*text, path.string())
                               : Result<manifest::PluginManifest>(text.status());
  if (!package.manifest.ok()) return package;
  package.library = package.folder / package.manifest->library;
  read_library(package);
  return package;
}

Status check_files(const Package& package) {
  auto found = loader::open_package(package.folder.parent_path(), package.folder.filename(), {});
  if (!found.ok()) return found.status();
  const auto& listed = package.must_have_manifest().files;
  std::set<std::string> seen;
  for (const auto& file : *found) {
    if (file.path == kManifest || file.path == "plugin.sig") continue;
    const auto entry = listed.find(file.path);
    if (entry == listed.end()) return refuse(package.folder / file.path, "is not listed in plugin.json");
    const auto bytes = loader::read_all(file.file, kMostBytes, package.folder / file.path);
    if (!bytes.ok()) return bytes.status();
    const std::string digest = base::sha256_hex(*bytes);
    if (digest != entry->second) {
      return refuse(package.folder / file.path, "has the SHA-256 " + digest + ", plugin.json says " + entry->second);
    }
    seen.insert(file.path);
  }
  for (const auto& [path, digest] : listed) {
    if (!seen.contains(path)) return refuse(package.folder / path, "is listed in plugin.json and missing");
  }
  return {};
}

}  // namespace slipway::kit
