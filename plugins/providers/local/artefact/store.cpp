#include "plugins/providers/local/artefact/store.hpp"

#include <sys/stat.h>

#include "plugins/providers/local/artefact/digest.hpp"
#include "plugins/providers/local/artefact/unpack.hpp"
#include "plugins/providers/local/base/failure.hpp"
#include "plugins/providers/local/base/files.hpp"

namespace slipway::local {
namespace {

namespace fs = std::filesystem;

void check_digest(const std::string& path, const std::string& wanted) {
  const std::string seen = file_digest(path);
  if (seen != wanted) {
    throw Error(Code::failed_precondition,
                "\"" + path + "\" has the digest " + seen + ", but the release names " + wanted +
                    "; it is another file than the one released: put that one back, or make a release of this one");
  }
}

std::string folder_name(const std::string& digest) { return digest.substr(digest.find(':') + 1); }

}  // namespace

fs::path ArtefactStore::resolve(const provider::Artefact& artefact) const {
  if (!artefact.archive.empty()) return unpacked(artefact);
  if (artefact.path.empty()) return {};
  if (!artefact.digest.empty()) check_digest(artefact.path, artefact.digest);
  if (!fs::exists(artefact.path)) throw Error(Code::failed_precondition, "there is no \"" + artefact.path + "\"");
  return artefact.path;
}

fs::path ArtefactStore::unpacked(const provider::Artefact& artefact) const {
  if (!is_digest(artefact.digest)) {
    throw Error(Code::invalid_argument,
                "the archive \"" + artefact.archive + "\" has no digest; want sha256: and 64 hex digits");
  }
  const fs::path folder = root_ / folder_name(artefact.digest);
  if (fs::is_directory(folder)) return folder;
  check_digest(artefact.archive, artefact.digest);
  make_private_folder(root_);
  ::chmod(root_.c_str(), 0711);
  const fs::path fresh = folder.string() + ".new";
  fs::remove_all(fresh);
  try {
    unpack(artefact.archive, fresh, limits_);
  } catch (...) {
    std::error_code ignored;
    fs::remove_all(fresh, ignored);
    throw;
  }
  fs::rename(fresh, folder);
  return folder;
}

std::size_t ArtefactStore::remove_others(const std::set<std::string>& digests) const {
  std::set<std::string> kept;
  for (const std::string& digest : digests) kept.insert(folder_name(digest));
  std::vector<fs::path> others;
  std::error_code error;
  for (fs::directory_iterator entry(root_, error), end; !error && entry != end; entry.increment(error)) {
    if (!kept.contains(entry->path().filename().string())) others.push_back(entry->path());
  }
  std::size_t removed = 0;
  for (const fs::path& other : others) {
    fs::remove_all(other, error);
    if (!error) ++removed;
  }
  return removed;
}

}  // namespace slipway::local
