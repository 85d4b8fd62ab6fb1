#include "host/loader/archive.hpp"

#include <archive.h>
#include <archive_entry.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <memory>
#include <set>
#include <string>

#include "host/base/files.hpp"
#include "host/loader/descriptor.hpp"

namespace slipway::loader {
namespace {

namespace fs = std::filesystem;

struct FreeArchive {
  void operator()(::archive* handle) const { ::archive_read_free(handle); }
};
using Archive = std::unique_ptr<::archive, FreeArchive>;

// "./a/b" as "a/b"; nothing for a path that a package can't hold.
std::string inner_path(std::string_view text) {
  const fs::path path = fs::path(text).lexically_normal();
  const bool bad = text.empty() || path.is_absolute() || text.find('\\') != text.npos ||
                   std::ranges::any_of(fs::path(text), [](const auto& part) { return part == ".."; });
  std::string inner = bad ? "" : path.string();
  while (inner.ends_with('/')) inner.pop_back();
  return inner;
}

class Unpacking {
 public:
  Unpacking(const fs::path& file, const fs::path& into, const PackageLimits& limits)
      : file_(file), into_(into), limits_(limits) {}

  Status run() {
    ::archive_read_support_format_tar(archive_.get());
    ::archive_read_support_filter_gzip(archive_.get());
    ::archive_read_support_filter_xz(archive_.get());
    ::archive_read_support_filter_zstd(archive_.get());
    const Descriptor source(::open(file_.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY));
    if (!source.is_open()) return base::file_fault(file_, "cannot be opened", errno);
    if (::archive_read_open_fd(archive_.get(), source.get(), kBlock) != ARCHIVE_OK) return no_archive();
    while (true) {
      ::archive_entry* entry = nullptr;
      const int found = ::archive_read_next_header(archive_.get(), &entry);
      if (found == ARCHIVE_EOF) return names_.empty() ? no_archive() : Status();
      if (found != ARCHIVE_OK) return no_archive();
      if (Status status = take(entry); !status.ok()) return status;
    }
  }

 private:
  static constexpr std::size_t kBlock = 65'536;
  static constexpr std::size_t kEntriesPerFile = 4;

  [[nodiscard]] Status no_archive() const {
    const char* reason = ::archive_error_string(archive_.get());
    return {Code::invalid_argument, file_.string() + ": is no tar archive that can be read" +
                                        (reason == nullptr ? "" : std::string(": ") + reason)};
  }
  [[nodiscard]] Status refuse(const std::string& entry, const std::string& why,
                              Code code = Code::invalid_argument) const {
    return {code, file_.string() + ": entry \"" + entry.substr(0, 256) + "\" " + why};
  }

  Status take(::archive_entry* entry) {
    const char* const written = ::archive_entry_pathname(entry);
    const std::string name = written == nullptr ? "" : written;
    // Folders may come again and again, and cost no bytes.
    if (++entries_ > kEntriesPerFile * limits_.files)
      return refuse(name,
                    "is one more than the " + std::to_string(kEntriesPerFile * limits_.files) + " entries allowed",
                    Code::resource_exhausted);
    const auto type = ::archive_entry_filetype(entry);
    if (::archive_entry_hardlink(entry) != nullptr || ::archive_entry_symlink(entry) != nullptr)
      return refuse(name, "is a link; a package holds regular files only");
    if (type != AE_IFREG && type != AE_IFDIR) return refuse(name, "is no regular file; a package holds nothing else");
    const std::string inner = inner_path(name);
    if (inner.empty()) return refuse(name, "leads out of the package; want a path inside of it");
    if (type == AE_IFDIR) return make_folder(name, inner);
    if (!names_.insert(inner).second || folders_.contains(inner))
      return refuse(name, "occurs twice; want each file once");
    if (names_.size() > limits_.files)
      return refuse(name, "is one more than the " + std::to_string(limits_.files) + " files allowed",
                    Code::resource_exhausted);
    return write(name, inner);
  }

  Status make_folder(const std::string& name, const std::string& inner) {
    if (inner == ".") return {};
    fs::path so_far;
    std::size_t depth = 0;
    for (const auto& part : fs::path(inner)) {
      so_far /= part;
      // Two more than in a package: <id>/<version> may stand before it.
      if (++depth > limits_.depth + 2)
        return refuse(name, "is nested deeper than " + std::to_string(limits_.depth) + " folders",
                      Code::resource_exhausted);
      if (names_.contains(so_far.string())) return refuse(name, "occurs twice, as a file and as a folder");
      if (!folders_.insert(so_far.string()).second) continue;
      if (folders_.size() > limits_.files)
        return refuse(name, "is one more than the " + std::to_string(limits_.files) + " folders allowed",
                      Code::resource_exhausted);
      if (::mkdir((into_ / so_far).c_str(), 0700) != 0)
        return base::file_fault(into_ / so_far, "cannot be made", errno);
    }
    return {};
  }

  Status write(const std::string& name, const std::string& inner) {
    const fs::path parent = fs::path(inner).parent_path();
    if (Status status = make_folder(name, parent.empty() ? "." : parent.string()); !status.ok()) return status;
    const fs::path path = into_ / inner;
    const Descriptor file(::open(path.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0600));
    if (!file.is_open()) return base::file_fault(path, "cannot be made", errno);
    std::array<char, kBlock> buffer{};
    while (true) {
      const auto count = ::archive_read_data(archive_.get(), buffer.data(), buffer.size());
      if (count < 0) return no_archive();
      if (count == 0) return {};
      bytes_ += static_cast<std::uint64_t>(count);
      if (bytes_ > limits_.bytes)
        return refuse(name, "makes it more than the " + std::to_string(limits_.bytes) + " bytes allowed",
                      Code::resource_exhausted);
      if (Status status = append(file, path, {buffer.data(), static_cast<std::size_t>(count)}); !status.ok())
        return status;
    }
  }

  static Status append(const Descriptor& file, const fs::path& path, std::string_view bytes) {
    while (!bytes.empty()) {
      const ssize_t count = ::write(file.get(), bytes.data(), bytes.size());
      if (count < 0 && errno == EINTR) continue;
      if (count < 0) return base::file_fault(path, "cannot be written", errno);
      bytes.remove_prefix(static_cast<std::size_t>(count));
    }
    return {};
  }

  const fs::path& file_;
  const fs::path& into_;
  const PackageLimits& limits_;
  Archive archive_{::archive_read_new()};
  std::set<std::string> names_;  // of files
  std::set<std::string> folders_;
  std::uint64_t bytes_ = 0;
  std::size_t entries_ = 0;
};

}  // namespace

Result<fs::path> unpack_package(const fs::path& archive, const fs::path& into, const PackageLimits& limits) {
  if (Status status = Unpacking(archive, into, limits).run(); !status.ok()) return status;
  fs::path folder = into;
  for (std::size_t depth = 0; depth <= limits.depth; ++depth) {
    std::error_code error;
    if (fs::exists(folder / "plugin.json", error)) return folder;
    fs::directory_iterator entry(folder, error);
    if (error || entry == fs::directory_iterator()) break;
    const fs::path only = entry->path();
    if (!fs::is_directory(only, error) || ++entry != fs::directory_iterator()) break;
    folder = only;
  }
  return Status(Code::invalid_argument, archive.string() + ": holds no plugin.json at its top or in <id>/<version>");
}

}  // namespace slipway::loader
