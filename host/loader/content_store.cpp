#include "host/loader/content_store.hpp"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <memory>
#include <string_view>

#include "host/base/files.hpp"
#include "host/base/sha256.hpp"

namespace slipway::loader {
namespace {

namespace fs = std::filesystem;

using Buffer = std::array<char, std::size_t{64} << 10>;

// As many bytes as there are at `offset`, up to the buffer's size; -1 with errno on failure.
ssize_t read_at(const Descriptor& file, Buffer& buffer, std::uint64_t offset) {
  ssize_t count = 0;
  do count = ::pread(file.get(), buffer.data(), buffer.size(), static_cast<off_t>(offset));
  while (count < 0 && errno == EINTR);
  return count;
}

bool write_all(const Descriptor& file, std::string_view bytes) {
  while (!bytes.empty()) {
    const ssize_t count = ::write(file.get(), bytes.data(), bytes.size());
    if (count < 0 && errno == EINTR) continue;
    if (count < 0) return false;
    bytes.remove_prefix(static_cast<std::size_t>(count));
  }
  return true;
}

Status too_large(const fs::path& name, std::uint64_t max_bytes) {
  return {Code::resource_exhausted,
          name.string() + ": has more than the " + std::to_string(max_bytes) + " bytes allowed"};
}

Status copy(const Descriptor& from, const Descriptor& to, std::uint64_t max_bytes, const fs::path& name) {
  const auto buffer = std::make_unique<Buffer>();
  for (std::uint64_t offset = 0;;) {
    const ssize_t count = read_at(from, *buffer, offset);
    if (count < 0) return base::file_fault(name, "cannot be read", errno);
    if (count == 0) return {};
    offset += static_cast<std::uint64_t>(count);
    if (offset > max_bytes) return too_large(name, max_bytes);
    if (!write_all(to, {buffer->data(), static_cast<std::size_t>(count)}))
      return base::file_fault(name, "cannot be copied into the store", errno);
  }
}

struct Content {
  std::string sha256;
  std::uint64_t size = 0;
};

// Of what is in the file now; RESOURCE_EXHAUSTED when that is more than max_bytes.
Result<Content> content_of(const Descriptor& file, const fs::path& path, std::uint64_t max_bytes = UINT64_MAX) {
  const auto buffer = std::make_unique<Buffer>();
  base::Sha256 sum;
  std::uint64_t size = 0;
  while (true) {
    const ssize_t count = read_at(file, *buffer, size);
    if (count < 0) return base::file_fault(path, "cannot be read", errno);
    if (count == 0) return Content{sum.hex(), size};
    size += static_cast<std::uint64_t>(count);
    if (size > max_bytes) return too_large(path, max_bytes);
    sum.update({buffer->data(), static_cast<std::size_t>(count)});
  }
}

Result<StoredFile> hash(Descriptor file, const fs::path& path) {
  auto content = content_of(file, path);
  if (!content.ok()) return content.status();
  return StoredFile{path, std::move(content->sha256), content->size, std::move(file)};
}

// Removes the temporary file unless it has become the stored one.
class Temporary {
 public:
  explicit Temporary(fs::path path) : path_(std::move(path)) {}
  Temporary(const Temporary&) = delete;
  Temporary& operator=(const Temporary&) = delete;
  ~Temporary() { ::unlink(path_.c_str()); }
  [[nodiscard]] const fs::path& path() const { return path_; }

 private:
  fs::path path_;
};

Result<Descriptor> open_stored(const fs::path& path) {
  Descriptor file(::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NOFOLLOW));
  if (!file.is_open()) return base::file_fault(path, "cannot be opened", errno);
  return file;
}

// Whoever owns a folder may put another file in the place of each one in it.
Status check_owner(const fs::path& folder) {
  struct stat info {};
  if (::stat(folder.c_str(), &info) != 0) return base::file_fault(folder, "cannot be examined", errno);
  if (info.st_uid == ::geteuid()) return {};
  const std::string user = std::to_string(::geteuid());
  return {Code::failed_precondition, folder.string() + ": belongs to user " + std::to_string(info.st_uid) +
                                         ", who could change what is loaded from it; want user " + user +
                                         ": run chown -R " + user + " " + folder.string()};
}

// Nobody has another way to these bytes: no right to write to them, and no second name from which one was had.
bool is_private(const Descriptor& file) {
  struct stat info {};
  return ::fstat(file.get(), &info) == 0 && S_ISREG(info.st_mode) && info.st_uid == ::geteuid() && info.st_nlink == 1 &&
         (info.st_mode & 07777) == 0400;
}

Status was_changed(const fs::path& path) {
  return {Code::failed_precondition,
          path.string() + ": was changed after it was verified; see who else writes to the store of plugins"};
}

}  // namespace

Result<StoredFile> ContentStore::take(const Descriptor& source, std::uint64_t max_bytes, const fs::path& name) const {
  if (Status status = base::make_private_directories(folder_); !status.ok()) return status;
  if (Status status = check_owner(folder_); !status.ok()) return status;
  const auto wanted = content_of(source, name, max_bytes);
  if (!wanted.ok()) return wanted.status();
  if (auto there = find(wanted->sha256)) return *std::move(there);
  std::string pattern = (folder_ / ".incoming-XXXXXX").string();
  const Descriptor writer(::mkostemp(pattern.data(), O_CLOEXEC));
  if (!writer.is_open()) return base::file_fault(folder_, "cannot take a file", errno);
  const Temporary temporary(pattern);
  if (Status status = copy(source, writer, max_bytes, name); !status.ok()) return status;
  if (::fchmod(writer.get(), 0400) != 0) return base::file_fault(temporary.path(), "cannot be made read-only", errno);
  auto reader = open_stored(temporary.path());
  if (!reader.ok()) return reader.status();
  return place(std::move(*reader), temporary.path());
}

std::optional<StoredFile> ContentStore::find(const std::string& sha256) const {
  auto file = open_stored(folder_ / sha256);
  if (!file.ok() || !is_private(*file)) return std::nullopt;
  auto stored = hash(std::move(*file), folder_ / sha256);
  if (!stored.ok() || stored->sha256 != sha256) return std::nullopt;
  return std::move(*stored);
}

Result<StoredFile> ContentStore::place(Descriptor copy, const fs::path& temporary) const {
  auto fresh = hash(std::move(copy), temporary);
  if (!fresh.ok()) return fresh;
  // What the source holds may have changed since it was looked for.
  if (auto there = find(fresh->sha256)) return *std::move(there);
  fresh->path = folder_ / fresh->sha256;
  if (::rename(temporary.c_str(), fresh->path.c_str()) != 0)
    return base::file_fault(fresh->path, "cannot be stored", errno);
  return fresh;
}

Status check_content(const StoredFile& stored) {
  const auto content = content_of(stored.file, stored.path);
  if (!content.ok()) return content.status();
  return content->sha256 == stored.sha256 ? Status() : was_changed(stored.path);
}

Status check_unchanged(const StoredFile& stored) {
  struct stat held {};
  struct stat named {};
  if (::fstat(stored.file.get(), &held) != 0 || ::lstat(stored.path.c_str(), &named) != 0)
    return base::file_fault(stored.path, "cannot be examined", errno);
  const bool same_file = held.st_dev == named.st_dev && held.st_ino == named.st_ino;
  return same_file ? check_content(stored) : was_changed(stored.path);
}

void ContentStore::keep_only(const std::set<std::string>& digests) const {
  std::error_code error;
  for (fs::directory_iterator entry(folder_, error), end; !error && entry != end; entry.increment(error)) {
    if (!digests.contains(entry->path().filename().string())) ::unlink(entry->path().c_str());
  }
}

}  // namespace slipway::loader
