// One owner for a database file, held by the kernel until the owner closes it or dies.
#pragma once

#include <filesystem>

namespace slipway::sqlite {

// Creates "<database>.lock" and holds it. Throws Error FAILED_PRECONDITION naming the process that holds it already.
class LockFile {
 public:
  explicit LockFile(const std::filesystem::path& database);
  LockFile(const LockFile&) = delete;
  LockFile& operator=(const LockFile&) = delete;
  ~LockFile();

 private:
  int descriptor_;
};

// Makes the parent directory when it is missing and the file itself, both for their owner only. Throws Error for a
// link, for anything but a regular file and for a directory in which others may write.
void make_private_file(const std::filesystem::path& path);

}  // namespace slipway::sqlite
