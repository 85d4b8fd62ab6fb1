#include "plugins/storage/sqlite/lock_file.hpp"

#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstring>
#include <fstream>
#include <slipway/status.hpp>
#include <string>

namespace slipway::sqlite {
namespace {

[[noreturn]] void refuse(const std::filesystem::path& path, const std::string& why) {
  throw Error(Code::failed_precondition, "database \"" + path.string() + "\": " + why);
}

std::string reason(int error) { return std::strerror(error); }

int open_private(const std::filesystem::path& path, const std::filesystem::path& database) {
  const int descriptor = ::open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK, 0600);
  if (descriptor >= 0) return descriptor;
  if (errno == ELOOP) refuse(database, "\"" + path.string() + "\" is a link; give the path of the file itself");
  refuse(database, "cannot open \"" + path.string() + "\": " + reason(errno));
}

std::string own_name() {
  std::ifstream in("/proc/self/comm");
  std::string name;
  std::getline(in, name);
  return name.empty() ? "unknown" : name;
}

std::string holder(int descriptor) {
  std::array<char, 128> text{};
  const ssize_t length = ::pread(descriptor, text.data(), text.size() - 1, 0);
  return length > 0 ? std::string(text.data(), static_cast<std::size_t>(length)) : "another process";
}

void sign(int descriptor) {
  const std::string text = own_name() + " (process " + std::to_string(::getpid()) + ")";
  // What the file says is for people only; the lock itself is held by the kernel.
  if (::ftruncate(descriptor, 0) == 0) [[maybe_unused]]
    const auto written = ::pwrite(descriptor, text.data(), text.size(), 0);
}

void check_directory(const std::filesystem::path& directory, const std::filesystem::path& path) {
  struct stat found {};
  if (::stat(directory.c_str(), &found) != 0)
    refuse(path, "cannot look at \"" + directory.string() + "\": " + reason(errno));
  if ((found.st_mode & (S_IWGRP | S_IWOTH)) == 0) return;
  refuse(path, "others may write in its directory \"" + directory.string() +
                   "\"; give it a directory of its own (chmod 700)");
}

}  // namespace

LockFile::LockFile(const std::filesystem::path& database)
    : descriptor_(open_private(database.string() + ".lock", database)) {
  if (::flock(descriptor_, LOCK_EX | LOCK_NB) == 0) {
    sign(descriptor_);
    return;
  }
  const int error = errno;
  const std::string who = holder(descriptor_);
  ::close(descriptor_);
  if (error == EWOULDBLOCK)
    refuse(database, "is in use by " + who + "; stop that one, or give this host a path of its own");
  refuse(database, "cannot be locked: " + reason(error));
}

LockFile::~LockFile() { ::close(descriptor_); }

void make_private_file(const std::filesystem::path& path) {
  const auto directory = std::filesystem::absolute(path).parent_path();
  std::error_code failed;
  if (!std::filesystem::exists(directory, failed)) {
    std::filesystem::create_directories(directory.parent_path(), failed);
    if (::mkdir(directory.c_str(), 0700) != 0)
      refuse(path, "cannot make its directory \"" + directory.string() + "\": " + reason(errno));
  }
  check_directory(directory, path);
  const int descriptor = open_private(path, path);
  struct stat found {};
  const bool usable = ::fstat(descriptor, &found) == 0 && S_ISREG(found.st_mode) && ::fchmod(descriptor, 0600) == 0;
  ::close(descriptor);
  if (!usable) refuse(path, "is not a regular file of this user");
}

}  // namespace slipway::sqlite
