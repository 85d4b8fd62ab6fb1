#include "tools/kit/signature.hpp"

#include <cstdlib>
#include <map>

#include "host/base/files.hpp"
#include "host/loader/key_files.hpp"
#include "host/loader/signature_document.hpp"

namespace slipway::kit {
namespace {

namespace fs = std::filesystem;

Status refuse(const fs::path& file, const std::string& why) {
  return {Code::failed_precondition, file.string() + ": " + why};
}

Status not_known(const fs::path& file, const std::string& key) {
  return {Code::not_found, file.string() + ": is signed with key " + key +
                               ", which is not the one at hand; name its public half with --key FILE"};
}

}  // namespace

fs::path local_key_file() {
  std::map<std::string, std::string> variables;
  for (const char* name : {"SLIPWAY_KEY_DIRECTORY", "XDG_CONFIG_HOME", "HOME"}) {
    if (const char* value = std::getenv(name)) variables[name] = value;
  }
  const fs::path file = loader::key_files(loader::key_directory(variables), loader::kLocalKey).public_half;
  return fs::exists(file) ? file : fs::path();
}

Result<std::optional<loader::PublicKey>> read_signer(const fs::path& file) {
  if (file.empty()) return std::optional<loader::PublicKey>();
  const auto key = loader::read_public_key(file);
  if (!key.ok()) return key.status();
  return std::optional(*key);
}

Result<std::string> check_signature(const Package& package, const std::optional<loader::PublicKey>& signer) {
  const fs::path file = package.folder / "plugin.sig";
  if (!fs::exists(fs::symlink_status(file))) {
    return Status(Code::not_found, "the package is not signed; no host takes it before slipway plugin sign " +
                                       package.folder.string() + " --key NAME");
  }
  const auto text = base::read_file(file, {.max_bytes = 4096, .links = base::Links::refuse});
  const auto manifest = base::read_file(package.folder / "plugin.json", {.links = base::Links::refuse});
  if (!text.ok()) return text.status();
  if (!manifest.ok()) return manifest.status();
  const auto document = loader::parse_signature(*text, file.string());
  if (!document.ok()) return Status(Code::failed_precondition, document.status().message);
  if (!signer || loader::id_of(*signer) != document->key) return not_known(file, document->key);
  if (loader::covers(*document, *signer, *manifest)) return "signed with key " + document->key;
  return refuse(file, "is not key " + document->key +
                          "'s signature of this plugin.json: one of the two was changed after signing; sign it anew");
}

}  // namespace slipway::kit
