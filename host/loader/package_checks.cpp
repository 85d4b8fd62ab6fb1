#include <algorithm>

#include "host/base/sha256.hpp"
#include "host/loader/checks.hpp"

namespace slipway::loader {
namespace {

constexpr std::string_view kManifest = "plugin.json";
constexpr std::string_view kSignature = "plugin.sig";

Status refuse(const std::filesystem::path& what, const std::string& why) {
  return {Code::failed_precondition, what.string() + ": " + why};
}

const PackageFile* find(const Inspection& it, std::string_view path) {
  const auto found =
      std::find_if(it.files.begin(), it.files.end(), [&](const auto& file) { return file.path == path; });
  return found == it.files.end() ? nullptr : &*found;
}

// What plugin.json can't list: itself, and the signature over it.
bool goes_unlisted(std::string_view path) { return path == kManifest || path == kSignature; }

}  // namespace

std::filesystem::path Installed::inside() const {
  return place.empty() ? std::filesystem::path(manifest.id) / base::to_string(manifest.version) : place;
}

Status open_files(Inspection& it) {
  auto files = open_package(it.package.root, it.package.inside(), it.settings.limits);
  if (!files.ok()) return files.status();
  it.files = std::move(*files);
  return {};
}

Status read_manifest(Inspection& it) {
  const auto path = it.package.folder() / kManifest;
  const PackageFile* file = find(it, kManifest);
  if (file == nullptr) return refuse(path, "is gone; install the package again");
  auto text = read_all(file->file, it.settings.limits.manifest_bytes, path);
  if (!text.ok()) return text.status();
  it.manifest_text = std::move(*text);
  if (base::sha256_hex(it.manifest_text) == it.package.manifest_digest) return {};
  auto manifest = manifest::parse_plugin_manifest(it.manifest_text, path.string());
  if (!manifest.ok()) return manifest.status();
  if (manifest->id != it.package.manifest.id || !(manifest->version == it.package.manifest.version)) {
    return refuse(path, "is now that of " + manifest->id + " " + base::to_string(manifest->version) +
                            "; install the package again");
  }
  it.package.manifest = std::move(*manifest);
  return {};
}

Status match_listing(Inspection& it) {
  const auto& listed = it.package.manifest.files;
  for (const auto& [path, digest] : listed) {
    if (find(it, path) == nullptr)
      return refuse(it.package.folder() / path, "is listed in plugin.json and missing; install the package again");
  }
  for (const PackageFile& file : it.files) {
    if (goes_unlisted(file.path) || listed.contains(file.path)) continue;
    return refuse(it.package.folder() / file.path,
                  "is not listed in plugin.json; remove it, or install the package again");
  }
  return {};
}

Status store_files(Inspection& it) {
  for (const PackageFile& file : it.files) {
    if (goes_unlisted(file.path)) continue;
    auto stored = it.store.take(file.file, it.settings.limits.bytes, it.package.folder() / file.path);
    if (!stored.ok()) return stored.status();
    it.stored.emplace(file.path, std::move(*stored));
  }
  return {};
}

Status match_digests(Inspection& it) {
  for (const auto& [path, digest] : it.package.manifest.files) {
    const std::string& seen = it.stored.at(path).sha256;
    if (seen == digest) continue;
    return refuse(it.package.folder() / path,
                  "has the SHA-256 " + seen + ", plugin.json says " + digest +
                      "; the file was changed after it was packaged, install the package again");
  }
  return {};
}

Status check_signature(Inspection& it) {
  const auto path = it.package.folder() / kSignature;
  std::string bytes;
  const PackageFile* file = find(it, kSignature);
  if (file != nullptr) {
    auto read = read_all(file->file, it.settings.limits.manifest_bytes, path);
    if (!read.ok()) return read.status();
    bytes = std::move(*read);
  }
  const manifest::PluginManifest& manifest = it.package.manifest;
  const auto folder = it.package.folder();
  const std::string version = base::to_string(manifest.version);
  auto signer = it.signatures.check({folder, manifest.id, version, it.manifest_text, manifest.files, manifest.library,
                                     file == nullptr ? std::nullopt : std::optional<std::string_view>(bytes)});
  if (!signer.ok()) return signer.status();
  it.signer = std::move(*signer);
  return {};
}

Status read_library(Inspection& it) {
  const std::string& name = it.package.manifest.library;
  const auto path = it.package.folder() / name;
  const auto stored = it.stored.find(name);
  if (stored == it.stored.end())
    return refuse(path, "is named as the library in plugin.json and missing; install the package again");
  auto bytes = read_all(stored->second.file, it.settings.limits.bytes, path);
  if (!bytes.ok()) return bytes.status();
  auto image = read_elf(*bytes);
  if (!image.ok()) return refuse(path, image.status().message);
  if (Status status = check_plugin_image(*image); !status.ok()) return refuse(path, status.message);
  it.image = std::move(*image);
  return {};
}

Status match_abi(Inspection& it) {
  const manifest::AbiRange& wanted = it.package.manifest.abi;
  const manifest::AbiVersion host{it.settings.abi_major, it.settings.abi_minor};
  // A later minor of the host only appends, so the newest ABI that the plugin knows is no upper bound within its major.
  if (wanted.min <= host && host.major_number <= wanted.max.major_number) return {};
  const std::string way_out = host < wanted.min
                                  ? "install an older version of the plugin or a newer slipwayd"
                                  : "install a version of the plugin for ABI " + std::to_string(host.major_number);
  return refuse(it.package.folder() / kManifest, "wants a host with ABI " + to_string(wanted.min) +
                                                     " or a later minor of " + std::to_string(wanted.max.major_number) +
                                                     ", this host speaks " + to_string(host) + "; " + way_out);
}

}  // namespace slipway::loader
