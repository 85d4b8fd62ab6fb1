#include "host/loader/sign_package.hpp"

#include <sys/stat.h>

#include <cerrno>

#include "host/base/files.hpp"

namespace slipway::loader {

Result<SignatureDocument> sign_package(const std::filesystem::path& folder, const PrivateKey& key) {
  const auto manifest = base::read_file(folder / "plugin.json", {.links = base::Links::refuse});
  if (!manifest.ok()) return manifest.status();
  auto document = sign_manifest(*manifest, key);
  if (!document.ok())
    return Status(document.status().code, (folder / "plugin.json").string() + ": " + document.status().message);
  const auto path = folder / "plugin.sig";
  if (Status status = base::write_private_file(path, to_text(*document)); !status.ok()) return status;
  // Whoever runs the plugin reads it.
  if (::chmod(path.c_str(), 0644) != 0) return base::file_fault(path, "cannot be made readable", errno);
  return document;
}

}  // namespace slipway::loader
