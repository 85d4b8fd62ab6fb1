#include "host/loader/inspect.hpp"

#include <algorithm>
#include <system_error>

#include "host/base/files.hpp"
#include "host/base/sha256.hpp"
#include "host/loader/signature_document.hpp"

namespace slipway::loader {
namespace {

namespace fs = std::filesystem;

constexpr const char* kManifest = "plugin.json";
constexpr const char* kSignature = "plugin.sig";

Result<fs::path> real_folder(const fs::path& folder) {
  std::error_code error;
  auto real = fs::canonical(folder, error);
  if (error) return base::file_fault(folder, "cannot be opened", error.value());
  return real;
}

class Inspecting {
 public:
  Inspecting(Installed package, const SignaturePolicy& policy, const PackageLimits& limits)
      : package_(std::move(package)), policy_(policy), limits_(limits) {}

  Result<PackageReport> report() && {
    auto files = open_package(package_.root, package_.inside(), limits_);
    if (!files.ok()) return files.status();
    files_ = std::move(*files);
    report_.folder = package_.folder().string();
    add_manifest();
    for (const PackageFile& file : files_) add_file(file);
    add_missing();
    add_library();
    add_signature();
    return std::move(report_);
  }

 private:
  void fault(const Status& status) {
    if (!status.ok()) report_.faults.push_back(status.message);
  }
  void fault(const std::string& path, const std::string& text) {
    report_.faults.push_back((package_.folder() / path).string() + ": " + text);
  }
  [[nodiscard]] const PackageFile* find(std::string_view path) const {
    const auto found = std::ranges::find(files_, path, &PackageFile::path);
    return found == files_.end() ? nullptr : &*found;
  }
  std::string read(const PackageFile& file, std::size_t max_bytes) {
    auto bytes = read_all(file.file, max_bytes, package_.folder() / file.path);
    fault(bytes.status());
    return bytes.ok() ? std::move(*bytes) : "";
  }

  void add_manifest() {
    const manifest::PluginManifest& plugin = package_.manifest;
    report_.id = plugin.id;
    report_.version = base::to_string(plugin.version);
    report_.description = plugin.description;
    report_.abi = to_string(plugin.abi.min) + " to " + to_string(plugin.abi.max);
    report_.interfaces = plugin.interfaces;
    report_.threading = name_of(plugin.threading);
    report_.permissions = manifest::document_of(plugin.permissions);
  }

  void add_file(const PackageFile& file) {
    InspectedFile entry{file.path, file.size, base::sha256_hex(read(file, limits_.bytes)), "as listed"};
    const auto listed = package_.manifest.files.find(file.path);
    if (file.path == kManifest || file.path == kSignature) {
      entry.state = "not for listing";
    } else if (listed == package_.manifest.files.end()) {
      entry.state = "not listed";
      fault(file.path, "is not listed in plugin.json");
    } else if (listed->second != entry.sha256) {
      entry.state = "changed";
      fault(file.path, "has the SHA-256 " + entry.sha256 + ", plugin.json says " + listed->second);
    }
    report_.files.push_back(std::move(entry));
  }

  void add_missing() {
    for (const auto& [path, digest] : package_.manifest.files) {
      if (find(path) != nullptr) continue;
      report_.files.push_back({path, 0, "", "missing"});
      fault(path, "is listed in plugin.json and missing");
    }
  }

  void add_library() {
    const std::string& name = package_.manifest.library;
    report_.library.file = name;
    const PackageFile* file = find(name);
    if (file == nullptr) return;
    const auto image = read_elf(read(*file, limits_.bytes));
    if (!image.ok()) return fault(name, image.status().message);
    report_.library.exports = image->exports;
    report_.library.unique = image->unique;
    report_.library.needed = image->needed;
    report_.library.rpath = image->rpath;
    if (const Status status = check_plugin_image(*image); !status.ok()) fault(name, status.message);
  }

  void add_signature() {
    const PackageFile* manifest = find(kManifest);
    const PackageFile* file = find(kSignature);
    const std::string text = manifest == nullptr ? "" : read(*manifest, limits_.manifest_bytes);
    const std::string bytes = file == nullptr ? "" : read(*file, limits_.manifest_bytes);
    const auto document = parse_signature(bytes, kSignature);
    if (document.ok()) report_.signature.key = document->key;
    const auto folder = package_.folder();
    const auto signer =
        policy_.check({folder, report_.id, report_.version, text, package_.manifest.files, package_.manifest.library,
                       file == nullptr ? std::nullopt : std::optional<std::string_view>(bytes)});
    report_.signature.state = file == nullptr ? "missing" : signer.ok() ? "trusted" : "refused";
    if (signer.ok()) report_.signature.name = signer->name;
    fault(signer.status());
  }

  const Installed package_;
  const SignaturePolicy& policy_;
  const PackageLimits& limits_;
  std::vector<PackageFile> files_;
  PackageReport report_;
};

}  // namespace

Result<Installed> installed_at(const fs::path& folder) {
  const auto real = real_folder(folder);
  if (!real.ok()) return real.status();
  const auto text = base::read_file(*real / kManifest, {.links = base::Links::refuse});
  if (!text.ok()) return text.status();
  auto manifest = manifest::parse_plugin_manifest(*text, (*real / kManifest).string());
  if (!manifest.ok()) return manifest.status();
  return Installed{real->parent_path(), std::move(*manifest), base::sha256_hex(*text), real->filename()};
}

Result<PackageReport> inspect_package(const fs::path& folder, const SignaturePolicy& policy,
                                      const PackageLimits& limits) {
  auto package = installed_at(folder);
  if (!package.ok()) return package.status();
  return Inspecting(std::move(*package), policy, limits).report();
}

}  // namespace slipway::loader
