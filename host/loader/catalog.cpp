#include "host/loader/catalog.hpp"

#include <algorithm>
#include <system_error>

#include "host/base/files.hpp"
#include "host/base/sha256.hpp"

namespace slipway::loader {
namespace {

namespace fs = std::filesystem;

constexpr std::size_t kMaxEntries = 1000;  // of one folder; more is no plugin root
constexpr std::size_t kMaxManifest = std::size_t{1} << 20;

Status refuse(const fs::path& path, const std::string& why) {
  return {Code::failed_precondition, path.string() + ": " + why};
}

// The names in a folder, sorted; names that begin with a dot are nobody's plugin.
Result<std::vector<std::string>> names_in(const fs::path& folder) {
  std::error_code error;
  std::vector<std::string> names;
  for (fs::directory_iterator entry(folder, error), end; !error && entry != end; entry.increment(error)) {
    const std::string name = entry->path().filename().string();
    if (name.front() != '.') names.push_back(name);
    if (names.size() > kMaxEntries)
      return refuse(folder, "holds more than " + std::to_string(kMaxEntries) + " entries; is it a plugin root?");
  }
  if (error) return base::file_fault(folder, "cannot be listed", error.value());
  std::sort(names.begin(), names.end());
  return names;
}

// "2.x" for "^2.0"; other ranges as they are written.
std::string versions_to_install(const std::string& range) {
  const auto digits = range.find_first_not_of("0123456789", 1);
  if (range.empty() || range[0] != '^' || range.substr(1, 1) == "0" || digits == 1) return range;
  return range.substr(1, digits == range.npos ? digits : digits - 1) + ".x";
}

std::string joined(const std::vector<std::string>& words) {
  std::string text;
  for (std::size_t i = 0; i < words.size(); ++i)
    text += (i == 0 ? "" : i + 1 == words.size() ? " and " : ", ") + words[i];
  return text;
}

std::string text_of(const std::vector<fs::path>& roots) {
  std::vector<std::string> words;
  for (const auto& root : roots) words.push_back(root.string());
  return words.empty() ? "any plugin root, since none is configured" : joined(words);
}

}  // namespace

Catalog Catalog::scan(const std::vector<fs::path>& roots) {
  Catalog catalog;
  catalog.roots_ = roots;
  for (const auto& root : roots) catalog.scan_root(root);
  return catalog;
}

void Catalog::scan_root(const fs::path& root) {
  const auto ids = names_in(root);
  if (!ids.ok()) return fault(root, ids.status());
  for (const std::string& id : *ids) scan_plugin(root, id);
}

void Catalog::scan_plugin(const fs::path& root, const std::string& id) {
  std::error_code ignored;
  // A stray file beside the packages is no package.
  if (fs::is_regular_file(root / id, ignored)) return;
  const auto versions = names_in(root / id);
  if (!versions.ok()) return fault(root / id, versions.status());
  for (const std::string& version : *versions) add(root, id, version);
}

void Catalog::add(const fs::path& root, const std::string& id, const std::string& version) {
  const fs::path folder = root / id / version;
  const fs::path path = folder / "plugin.json";
  const auto text = base::read_file(path, {.max_bytes = kMaxManifest, .links = base::Links::refuse});
  if (!text.ok()) return fault(folder, text.status());
  auto manifest = manifest::parse_plugin_manifest(*text, path.string());
  if (!manifest.ok()) return fault(folder, manifest.status());
  if (manifest->id != id || base::to_string(manifest->version) != version) {
    const std::string name = manifest->id + "/" + base::to_string(manifest->version);
    return fault(folder, refuse(path, "belongs into a folder " + name + ", it lies in " + id + "/" + version +
                                          "; move the package"));
  }
  const auto same = std::find_if(packages_.begin(), packages_.end(), [&](const Installed& other) {
    return other.manifest.id == id && other.manifest.version == manifest->version;
  });
  if (same != packages_.end())
    return fault(folder, refuse(folder, "is hidden by " + same->folder().string() + "; remove one of them"));
  packages_.push_back({root, std::move(*manifest), base::sha256_hex(*text)});
}

const Installed* Catalog::best(const std::string& id, const base::VersionRange& range) const {
  const Installed* found = nullptr;
  for (const Installed& package : packages_) {
    if (package.manifest.id != id || !range.contains(package.manifest.version)) continue;
    if (found == nullptr || found->manifest.version < package.manifest.version) found = &package;
  }
  return found;
}

manifest::FindPlugin Catalog::finder() const {
  return [this](const std::string& id, const base::VersionRange& range) -> Result<const manifest::PluginManifest*> {
    if (const Installed* found = best(id, range)) return &found->manifest;
    std::vector<std::string> roots;
    for (const auto& root : roots_) roots.push_back(root.string());
    Status status = manifest::not_installed(id, range, versions_of(id), roots);
    status.message += left_out(id);
    return status;
  };
}

Result<const Installed*> Catalog::resolve(const PluginWish& wish) const {
  if (const Installed* found = best(wish.id, wish.range)) return found;
  return not_installed(wish);
}

std::vector<base::Version> Catalog::versions_of(const std::string& id) const {
  std::vector<base::Version> versions;
  for (const Installed& package : packages_) {
    if (package.manifest.id == id) versions.push_back(package.manifest.version);
  }
  return versions;
}

Status Catalog::not_installed(const PluginWish& wish) const {
  std::vector<std::string> versions;
  for (const base::Version& version : versions_of(wish.id)) versions.push_back(base::to_string(version));
  std::string text = "profile \"" + wish.profile + "\": instance \"" + wish.instance + "\" wants " + wish.id + " " +
                     wish.range.text() + ", but ";
  if (versions.empty()) {
    text += "no version of it is installed in " + text_of(roots_) + "; install " +
            versions_to_install(wish.range.text()) + ", or take the instance out of the profile";
  } else {
    text += "only " + joined(versions) + (versions.size() == 1 ? " is" : " are") + " installed in " + text_of(roots_) +
            "; install " + versions_to_install(wish.range.text()) + " or relax the range";
  }
  return {Code::not_found, text + left_out(wish.id)};
}

// Why packages of this plugin that are there were not considered.
std::string Catalog::left_out(const std::string& id) const {
  std::string text;
  for (const PackageFault& fault : faults_) {
    if (fault.folder.filename() != id && fault.folder.parent_path().filename() != id) continue;
    text += " (left out: " + fault.status.message + ")";
  }
  return text;
}

}  // namespace slipway::loader
