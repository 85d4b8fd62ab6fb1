#include "host/loader/package_folder.hpp"

#include <dirent.h>
#include <fcntl.h>
#include <sys/stat.h>

#include <algorithm>
#include <cerrno>
#include <memory>

#include "host/base/files.hpp"

namespace slipway::loader {
namespace {

namespace fs = std::filesystem;

// O_NONBLOCK: opening a named pipe must not wait for its writer.
constexpr int kReadFlags = O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY;

using Directory = std::unique_ptr<DIR, int (*)(DIR*)>;

Status refused(const fs::path& path, std::string_view what) {
  return {Code::invalid_argument, path.string() + ": " + std::string(what)};
}

Status not_opened(const fs::path& path, int error) {
  if (error == ELOOP || error == ENOTDIR) {
    return refused(path, "is a symbolic link or no directory; a package holds regular files in real directories only");
  }
  return base::file_fault(path, "cannot be opened", error);
}

// Whoever may write to a package decides what the host runs.
Status check_writers(const struct stat& info, const fs::path& path) {
  if ((info.st_mode & S_IWOTH) == 0) return {};
  return {Code::failed_precondition, path.string() + ": everybody may write to it; run chmod o-w " + path.string()};
}

class Walk {
 public:
  Walk(fs::path folder, const PackageLimits& limits) : folder_(std::move(folder)), limits_(limits) {}

  Status enter(Descriptor directory, const std::string& prefix, std::size_t depth) {
    if (depth > limits_.depth) {
      return {Code::resource_exhausted,
              (folder_ / prefix).string() + ": is nested deeper than " + std::to_string(limits_.depth) + " folders"};
    }
    // fdopendir takes a descriptor for itself; ours stays for openat.
    const Directory entries(::fdopendir(::fcntl(directory.get(), F_DUPFD_CLOEXEC, 0)), ::closedir);
    if (!entries) return base::file_fault(folder_ / prefix, "cannot be listed", errno);
    while (const dirent* entry = ::readdir(entries.get())) {
      const std::string name = entry->d_name;
      if (name == "." || name == "..") continue;
      if (Status status = visit(directory, name, prefix + name, depth); !status.ok()) return status;
    }
    return {};
  }
  std::vector<PackageFile> take() && {
    std::sort(files_.begin(), files_.end(), [](const auto& a, const auto& b) { return a.path < b.path; });
    return std::move(files_);
  }

 private:
  Status visit(const Descriptor& directory, const std::string& name, const std::string& path, std::size_t depth) {
    Descriptor file(::openat(directory.get(), name.c_str(), kReadFlags));
    // ENXIO: a socket, or a device without a driver.
    if (!file.is_open() && errno == ELOOP)
      return refused(folder_ / path, "is a symbolic link; a package holds regular files only");
    if (!file.is_open() && errno == ENXIO) return refused(folder_ / path, "is no regular file");
    if (!file.is_open()) return base::file_fault(folder_ / path, "cannot be opened", errno);
    struct stat info {};
    if (::fstat(file.get(), &info) != 0) return base::file_fault(folder_ / path, "cannot be examined", errno);
    if (Status status = check_writers(info, folder_ / path); !status.ok()) return status;
    if (S_ISDIR(info.st_mode)) return enter(std::move(file), path + "/", depth + 1);
    if (!S_ISREG(info.st_mode)) return refused(folder_ / path, "is no regular file");
    return add({path, static_cast<std::uint64_t>(info.st_size), std::move(file)});
  }
  Status add(PackageFile file) {
    bytes_ += file.size;
    files_.push_back(std::move(file));
    if (files_.size() > limits_.files) {
      return {Code::resource_exhausted,
              folder_.string() + ": holds more than the " + std::to_string(limits_.files) + " files allowed"};
    }
    if (bytes_ > limits_.bytes) {
      return {Code::resource_exhausted,
              folder_.string() + ": holds more than the " + std::to_string(limits_.bytes) + " bytes allowed"};
    }
    return {};
  }

  fs::path folder_;
  const PackageLimits& limits_;
  std::vector<PackageFile> files_;
  std::uint64_t bytes_ = 0;
};

// <root>/<id>/<version>, each part below the root opened in its parent and never through a link.
Result<Descriptor> open_folder(const fs::path& root, const fs::path& inside) {
  Descriptor at(::open(root.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  if (!at.is_open()) return base::file_fault(root, "cannot be opened", errno);
  fs::path so_far = root;
  for (const auto& part : inside) {
    so_far /= part;
    Descriptor next(::openat(at.get(), part.c_str(), kReadFlags | O_DIRECTORY));
    if (!next.is_open()) return not_opened(so_far, errno);
    struct stat info {};
    if (::fstat(next.get(), &info) != 0) return base::file_fault(so_far, "cannot be examined", errno);
    if (Status status = check_writers(info, so_far); !status.ok()) return status;
    at = std::move(next);
  }
  return at;
}

}  // namespace

Result<std::vector<PackageFile>> open_package(const fs::path& root, const fs::path& inside,
                                              const PackageLimits& limits) {
  auto folder = open_folder(root, inside);
  if (!folder.ok()) return folder.status();
  Walk walk(root / inside, limits);
  if (Status status = walk.enter(std::move(*folder), "", 0); !status.ok()) return status;
  return std::move(walk).take();
}

Result<std::string> read_all(const Descriptor& file, std::size_t max_bytes, const fs::path& path) {
  std::string bytes;
  char buffer[16384];
  while (true) {
    const ssize_t count = ::pread(file.get(), buffer, sizeof buffer, static_cast<off_t>(bytes.size()));
    if (count < 0 && errno == EINTR) continue;
    if (count < 0) return base::file_fault(path, "cannot be read", errno);
    if (count == 0) return bytes;
    if (bytes.size() + static_cast<std::size_t>(count) > max_bytes) {
      return refused(path, "has more than the " + std::to_string(max_bytes) + " bytes allowed");
    }
    bytes.append(buffer, static_cast<std::size_t>(count));
  }
}

}  // namespace slipway::loader
