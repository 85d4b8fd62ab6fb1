// Private copies of package files, named by their SHA-256. What is verified and mapped is a copy that nobody but this
// user can change, never the file in the package.
#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>
#include <set>
#include <slipway/status.hpp>
#include <string>

#include "host/loader/descriptor.hpp"

namespace slipway::loader {

struct StoredFile {
  std::filesystem::path path;  // <store>/<sha256>
  std::string sha256;          // of the bytes in the store
  std::uint64_t size = 0;
  Descriptor file;  // open on those bytes, also when the name is removed
};

// FAILED_PRECONDITION unless the open file has the bytes that were hashed; hashes it again.
Status check_content(const StoredFile& stored);
// FAILED_PRECONDITION unless the path still leads to the file that was hashed, with the same bytes; hashes it again.
Status check_unchanged(const StoredFile& stored);

// Safe from several threads and processes on one folder.
class ContentStore {
 public:
  // The folder is made with mode 0700 at the first use; one that others own or may write to is refused.
  explicit ContentStore(std::filesystem::path folder) : folder_(std::move(folder)) {}
  [[nodiscard]] const std::filesystem::path& folder() const { return folder_; }

  // Copies at most max_bytes of `source` from its start, and hashes the copy. A file of that content which is there
  // already, as its bytes say, is used again without a copy: a second name or inode for the same code is no use to the
  // linker. A damaged one is replaced, and so is one that somebody else may still have a hold of. `name` stands in
  // messages for the source.
  Result<StoredFile> take(const Descriptor& source, std::uint64_t max_bytes, const std::filesystem::path& name) const;

  // Removes every other file: those of plugins no longer used, and what a crash left behind. For the folder's only
  // user.
  void keep_only(const std::set<std::string>& digests) const;

 private:
  // By its bytes, not by its name alone.
  [[nodiscard]] std::optional<StoredFile> find(const std::string& sha256) const;
  Result<StoredFile> place(Descriptor copy, const std::filesystem::path& temporary) const;

  std::filesystem::path folder_;
};

}  // namespace slipway::loader
