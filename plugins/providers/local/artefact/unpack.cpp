#include "plugins/providers/local/artefact/unpack.hpp"

#include <archive.h>
#include <archive_entry.h>
#include <sys/stat.h>

#include <algorithm>
#include <memory>

#include "plugins/providers/local/base/failure.hpp"
#include "plugins/providers/local/base/files.hpp"

namespace slipway::local {
namespace {

namespace fs = std::filesystem;
using ReadArchive = std::unique_ptr<archive, decltype(&archive_read_free)>;
using WriteArchive = std::unique_ptr<archive, decltype(&archive_write_free)>;

std::string text_of(const char* text) { return text == nullptr ? "" : text; }

class Unpacker {
 public:
  Unpacker(const fs::path& source, const fs::path& folder, const UnpackLimits& limits)
      : source_(source), folder_(folder), limits_(limits) {}

  void run() {
    open();
    archive_entry* entry = nullptr;
    for (;;) {
      const int result = archive_read_next_header(reader_.get(), &entry);
      if (result == ARCHIVE_EOF) break;
      if (result < ARCHIVE_WARN) fail(text_of(archive_error_string(reader_.get())));
      take(entry);
    }
    if (archive_write_close(writer_.get()) != ARCHIVE_OK) fail(text_of(archive_error_string(writer_.get())));
  }

 private:
  void open() {
    make_private_folder(folder_);
    ::chmod(folder_.c_str(), 0755);
    // The library refuses to write through any symbolic link of the path, also one above our folder.
    folder_ = fs::canonical(folder_);
    archive_read_support_format_tar(reader_.get());
    archive_read_support_filter_gzip(reader_.get());
    archive_read_support_filter_xz(reader_.get());
    archive_read_support_filter_zstd(reader_.get());
    archive_write_disk_set_options(writer_.get(), ARCHIVE_EXTRACT_PERM | ARCHIVE_EXTRACT_SECURE_SYMLINKS |
                                                      ARCHIVE_EXTRACT_SECURE_NODOTDOT | ARCHIVE_EXTRACT_UNLINK);
    if (archive_read_open_filename(reader_.get(), source_.c_str(), 65536) != ARCHIVE_OK) {
      fail(text_of(archive_error_string(reader_.get())));
    }
  }

  void take(archive_entry* entry) {
    const std::string name = text_of(archive_entry_pathname(entry));
    if (++entries_ > limits_.entries)
      fail("it has more than the " + std::to_string(limits_.entries) + " entries allowed");
    check_kind(entry, name);
    check_size(static_cast<std::uint64_t>(std::max<la_int64_t>(0, archive_entry_size(entry))));
    const fs::path target = folder_ / checked(name, "path");
    if (archive_entry_hardlink(entry) != nullptr) {
      archive_entry_set_hardlink(entry,
                                 (folder_ / checked(text_of(archive_entry_hardlink(entry)), "link target")).c_str());
    }
    archive_entry_set_pathname(entry, target.c_str());
    archive_entry_set_perm(entry, archive_entry_perm(entry) & 0777);
    write(entry, name);
  }

  void check_kind(archive_entry* entry, const std::string& name) {
    const auto kind = archive_entry_filetype(entry);
    const bool hardlink = archive_entry_hardlink(entry) != nullptr;
    if (!hardlink && kind != AE_IFREG && kind != AE_IFDIR && kind != AE_IFLNK) {
      fail("the entry \"" + name + "\" is a device, a pipe or a socket; want files, folders and links");
    }
    if (kind == AE_IFLNK && !hardlink) check_symlink(name, text_of(archive_entry_symlink(entry)));
  }

  void check_size(std::uint64_t bytes) {
    if (bytes > limits_.bytes) fail("it unpacks to more than the " + std::to_string(limits_.bytes) + " bytes allowed");
  }

  // A symbolic link is followed from where it lies; it must not climb out of the folder.
  void check_symlink(const std::string& name, const std::string& target) {
    const fs::path whole = (fs::path(name).parent_path() / target).lexically_normal();
    if (fs::path(target).is_absolute() || climbs(whole)) {
      fail("the entry \"" + name + "\" links to \"" + target + "\", outside the archive");
    }
  }

  fs::path checked(const std::string& name, const char* what) {
    const fs::path path = fs::path(name).lexically_normal();
    if (name.empty() || path.is_absolute() || climbs(path)) {
      fail(std::string("the ") + what + " \"" + name + "\" leads outside the archive");
    }
    return path;
  }

  static bool climbs(const fs::path& normal) { return !normal.empty() && *normal.begin() == ".."; }

  void write(archive_entry* entry, const std::string& name) {
    if (archive_write_header(writer_.get(), entry) < ARCHIVE_WARN)
      fail("\"" + name + "\": " + text_of(archive_error_string(writer_.get())));
    const void* data = nullptr;
    std::size_t size = 0;
    la_int64_t offset = 0;
    for (;;) {
      const int result = archive_read_data_block(reader_.get(), &data, &size, &offset);
      if (result == ARCHIVE_EOF) break;
      if (result < ARCHIVE_WARN) fail(text_of(archive_error_string(reader_.get())));
      // By the offset too: a sparse entry claims room that no byte of the archive pays for.
      bytes_ += size;
      const auto end = static_cast<std::uint64_t>(offset) + size;
      check_size(std::max(bytes_, end));
      if (archive_write_data_block(writer_.get(), data, size, offset) < ARCHIVE_WARN) {
        fail("\"" + name + "\": " + text_of(archive_error_string(writer_.get())));
      }
    }
    if (archive_write_finish_entry(writer_.get()) < ARCHIVE_WARN)
      fail("\"" + name + "\": " + text_of(archive_error_string(writer_.get())));
  }

  [[noreturn]] void fail(const std::string& why) {
    throw Error(Code::failed_precondition, "cannot unpack \"" + source_.string() + "\": " + why);
  }

  fs::path source_, folder_;
  UnpackLimits limits_;
  ReadArchive reader_{archive_read_new(), &archive_read_free};
  WriteArchive writer_{archive_write_disk_new(), &archive_write_free};
  std::uint64_t entries_ = 0, bytes_ = 0;
};

}  // namespace

void unpack(const fs::path& archive, const fs::path& folder, const UnpackLimits& limits) {
  Unpacker(archive, folder, limits).run();
}

}  // namespace slipway::local
