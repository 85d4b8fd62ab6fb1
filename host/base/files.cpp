#include "host/base/files.hpp"

#include <fcntl.h>
#include <linux/magic.h>
#include <sys/stat.h>
#include <sys/vfs.h>
#include <unistd.h>

#include <cerrno>
#include <csignal>
#include <cstdlib>
#include <system_error>
#include <utility>

namespace slipway::base {
namespace {

class Descriptor {
 public:
  explicit Descriptor(int number) : number_(number) {}
  Descriptor(const Descriptor&) = delete;
  Descriptor& operator=(const Descriptor&) = delete;
  ~Descriptor() {
    if (number_ >= 0) ::close(number_);
  }
  [[nodiscard]] bool open() const { return number_ >= 0; }
  [[nodiscard]] int get() const { return number_; }
  // close() itself may report a write that failed late.
  int close() { return ::close(std::exchange(number_, -1)); }

 private:
  int number_;
};

Code code_of(int error) {
  switch (error) {
    case ENOENT:
    case ENOTDIR:
      return Code::not_found;
    case EACCES:
    case EPERM:
    case EROFS:
      return Code::permission_denied;
    case ENOSPC:
    case EDQUOT:
      return Code::resource_exhausted;
    default:
      return Code::unavailable;
  }
}

Status too_large(const std::filesystem::path& path, std::size_t allowed) {
  return {Code::invalid_argument, path.string() + ": has more than the " + std::to_string(allowed) + " bytes allowed"};
}

Result<std::string> read_all(const std::filesystem::path& path, int file, std::size_t max_bytes) {
  std::string bytes;
  char buffer[16384];
  while (true) {
    const ssize_t count = ::read(file, buffer, sizeof buffer);
    if (count < 0 && errno == EINTR) continue;
    if (count < 0) return file_fault(path, "cannot be read", errno);
    if (count == 0) return bytes;
    // The file may have grown since its size was taken.
    if (bytes.size() + static_cast<std::size_t>(count) > max_bytes) return too_large(path, max_bytes);
    bytes.append(buffer, static_cast<std::size_t>(count));
  }
}

int write_all(int file, std::string_view bytes) {
  while (!bytes.empty()) {
    const ssize_t count = ::write(file, bytes.data(), bytes.size());
    if (count < 0 && errno == EINTR) continue;
    if (count < 0) return errno;
    bytes.remove_prefix(static_cast<std::size_t>(count));
  }
  return 0;
}

int sync_directory(const std::filesystem::path& directory) {
  const Descriptor folder(::open(directory.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  return folder.open() && ::fsync(folder.get()) == 0 ? 0 : errno;
}

// 0 or the error number of the first step that failed.
int write_synced(int raw, std::string_view bytes) {
  Descriptor file(raw);
  if (const int error = write_all(file.get(), bytes); error != 0) return error;
  if (::fsync(file.get()) != 0) return errno;
  return file.close() == 0 ? 0 : errno;
}

// Those of Debian's installer, and memory.
bool keeps_leases(const struct statfs& place) {
  const auto kind = static_cast<unsigned long>(place.f_type);
  return kind == EXT4_SUPER_MAGIC || kind == XFS_SUPER_MAGIC || kind == BTRFS_SUPER_MAGIC || kind == TMPFS_MAGIC ||
         kind == OVERLAYFS_SUPER_MAGIC;
}

}  // namespace

Status file_fault(const std::filesystem::path& path, std::string_view doing, int error) {
  return {code_of(error), path.string() + ": " + std::string(doing) + ": " + std::generic_category().message(error)};
}

Result<std::string> read_file(const std::filesystem::path& path, const ReadOptions& options) {
  // Without O_NONBLOCK a named pipe would hold the caller for ever.
  const int flags = O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY | (options.links == Links::refuse ? O_NOFOLLOW : 0);
  const Descriptor file(::open(path.c_str(), flags));
  if (!file.open() && errno == ELOOP && options.links == Links::refuse) {
    return Status(Code::invalid_argument, path.string() + ": is a symbolic link; want a regular file");
  }
  if (!file.open()) return file_fault(path, "cannot be opened", errno);
  struct stat info {};
  if (::fstat(file.get(), &info) != 0) return file_fault(path, "cannot be examined", errno);
  if (!S_ISREG(info.st_mode)) return Status(Code::invalid_argument, path.string() + ": is no regular file");
  if (std::cmp_greater(info.st_size, options.max_bytes)) return too_large(path, options.max_bytes);
  return read_all(path, file.get(), options.max_bytes);
}

Result<ReadLease> ReadLease::take(const std::filesystem::path& path) {
  const int file = ::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
  ReadLease lease(file);
  if (file < 0) return lease;
  // Somebody who waits is told by a signal; the one that would be sent otherwise ends the process.
  if (::fcntl(file, F_SETSIG, SIGURG) != 0 || ::fcntl(file, F_SETLEASE, F_RDLCK) == 0 || errno != EAGAIN) return lease;
  // A file system of another machine says the same where it can't promise anything.
  struct statfs place {};
  if (::fstatfs(file, &place) != 0 || !keeps_leases(place)) return lease;
  return Status(Code::unavailable,
                path.string() + ": another program has it open for writing; try again once it is whole");
}

ReadLease::~ReadLease() {
  if (file_ >= 0) ::close(file_);
}

Status write_private_file(const std::filesystem::path& path, std::string_view bytes) {
  std::string temporary = path.string() + ".XXXXXX";
  // mkostemp makes the file with mode 0600.
  const int file = ::mkostemp(temporary.data(), O_CLOEXEC);
  if (file < 0) return file_fault(path, "cannot be written", errno);
  int error = write_synced(file, bytes);
  if (error == 0 && ::rename(temporary.c_str(), path.c_str()) != 0) error = errno;
  if (error != 0) {
    ::unlink(temporary.c_str());
    return file_fault(path, "cannot be written", error);
  }
  error = sync_directory(path.has_parent_path() ? path.parent_path() : ".");
  return error == 0 ? Status() : file_fault(path, "was written, but its directory cannot be synced", error);
}

Status make_private_directories(const std::filesystem::path& path, Passage passage) {
  const mode_t mode = passage == Passage::others ? 0711 : 0700;
  std::filesystem::path so_far;
  for (const auto& part : path) {
    so_far /= part;
    const bool is_new = ::mkdir(so_far.c_str(), mode) == 0;
    if (!is_new && errno != EEXIST) return file_fault(so_far, "cannot be made", errno);
    // Whatever the umask is.
    if (is_new && ::chmod(so_far.c_str(), mode) != 0) return file_fault(so_far, "cannot be given its mode", errno);
  }
  struct stat info {};
  if (::stat(path.c_str(), &info) != 0) return file_fault(path, "cannot be examined", errno);
  if (!S_ISDIR(info.st_mode)) return {Code::failed_precondition, path.string() + ": exists and is no directory"};
  if ((info.st_mode & (S_IWGRP | S_IWOTH)) == 0) return {};
  return {Code::failed_precondition, path.string() + ": others may write to it; run chmod go-w " + path.string()};
}

}  // namespace slipway::base
