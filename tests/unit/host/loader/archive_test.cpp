// What an archive may do wrong, each by name; made with libarchive, which writes whatever it is told.
#include "host/loader/archive.hpp"

#include <archive.h>
#include <archive_entry.h>
#include <gtest/gtest.h>

#include <fstream>
#include <functional>

#include "tests/support/temporary_directory.hpp"

namespace slipway::loader {
namespace {

namespace fs = std::filesystem;

class Writer {
 public:
  explicit Writer(const fs::path& file, bool compressed) : archive_(::archive_write_new()) {
    ::archive_write_set_format_pax_restricted(archive_);
    if (compressed) ::archive_write_add_filter_gzip(archive_);
    EXPECT_EQ(::archive_write_open_filename(archive_, file.c_str()), ARCHIVE_OK);
  }
  Writer(const Writer&) = delete;
  Writer& operator=(const Writer&) = delete;
  ~Writer() { ::archive_write_free(archive_); }

  void add(const std::string& name, const std::string& bytes) {
    entry(name, AE_IFREG, bytes, [](::archive_entry*) {});
  }
  void entry(const std::string& name, mode_t type, const std::string& bytes,
             const std::function<void(::archive_entry*)>& change) {
    ::archive_entry* made = ::archive_entry_new();
    ::archive_entry_set_pathname(made, name.c_str());
    ::archive_entry_set_filetype(made, type);
    ::archive_entry_set_perm(made, 0644);
    ::archive_entry_set_size(made, static_cast<la_int64_t>(bytes.size()));
    change(made);
    EXPECT_EQ(::archive_write_header(archive_, made), ARCHIVE_OK);
    if (!bytes.empty()) {
      EXPECT_EQ(::archive_write_data(archive_, bytes.data(), bytes.size()), static_cast<la_ssize_t>(bytes.size()));
    }
    ::archive_entry_free(made);
  }

 private:
  ::archive* archive_;
};

class Archive : public ::testing::Test {
 protected:
  Archive() { fs::create_directory(into_); }
  void make(const std::function<void(Writer&)>& fill, bool compressed = false) const {
    Writer writer(file_, compressed);
    fill(writer);
  }
  // What is wrong, without the archive's name in front.
  std::string refusal(const PackageLimits& limits = {}) const {
    const auto unpacked = unpack_package(file_, into_, limits);
    const std::string begin = file_.string() + ": ";
    const std::string message = unpacked.status().message;
    return message.starts_with(begin) ? message.substr(begin.size()) : message;
  }

  test::TemporaryDirectory directory_;
  const fs::path file_ = directory_.path() / "package.tar";
  const fs::path into_ = directory_.path() / "into";
};

TEST_F(Archive, APackageAtTheTopOrBelowItsIdAndVersionIsFound) {
  make([](Writer& to) { to.add("./plugin.json", "{}"); });
  EXPECT_EQ(unpack_package(file_, into_).value(), into_);
  const fs::path other = directory_.path() / "other";
  fs::create_directory(other);
  make(
      [](Writer& to) {
        to.add("acme.gate/1.0.0/plugin.json", "{}");
        to.add("acme.gate/1.0.0/share/x.lua", std::string(200'000, 'x'));
      },
      true);
  EXPECT_EQ(unpack_package(file_, other).value(), other / "acme.gate/1.0.0");
  EXPECT_EQ(fs::file_size(other / "acme.gate/1.0.0/share/x.lua"), 200'000U);
}

TEST_F(Archive, APathThatLeadsOutIsRefused) {
  for (const std::string name : {"../plugin.json", "a/../../plugin.json", "/etc/passwd", "a\\b", "a/.."}) {
    make([&](Writer& to) { to.add(name, "x"); });
    EXPECT_EQ(refusal(), "entry \"" + name + "\" leads out of the package; want a path inside of it");
  }
  EXPECT_TRUE(fs::is_empty(into_));
}

TEST_F(Archive, LinksAreRefused) {
  make([](Writer& to) {
    to.entry("lib.so", AE_IFLNK, "", [](::archive_entry* entry) { ::archive_entry_set_symlink(entry, "/etc/passwd"); });
  });
  EXPECT_EQ(refusal(), "entry \"lib.so\" is a link; a package holds regular files only");
  make([](Writer& to) {
    to.entry("lib.so", AE_IFREG, "",
             [](::archive_entry* entry) { ::archive_entry_set_hardlink(entry, "plugin.json"); });
  });
  EXPECT_EQ(refusal(), "entry \"lib.so\" is a link; a package holds regular files only");
}

TEST_F(Archive, DevicesAndPipesAreRefused) {
  for (const mode_t type : {AE_IFCHR, AE_IFBLK, AE_IFIFO}) {
    make([&](Writer& to) { to.entry("odd", type, "", [](::archive_entry*) {}); });
    EXPECT_EQ(refusal(), "entry \"odd\" is no regular file; a package holds nothing else");
  }
}

TEST_F(Archive, ANameThatOccursTwiceIsRefused) {
  make([](Writer& to) {
    to.add("plugin.json", "{}");
    to.add("./plugin.json", "{}");
  });
  EXPECT_EQ(refusal(), "entry \"./plugin.json\" occurs twice; want each file once");
}

TEST_F(Archive, AFileThatIsAFolderTooIsRefused) {
  make([](Writer& to) {
    to.add("a", "x");
    to.add("a/b", "x");
  });
  EXPECT_EQ(refusal(), "entry \"a/b\" occurs twice, as a file and as a folder");
}

TEST_F(Archive, ASizeBombIsNotUnpacked) {
  make([](Writer& to) { to.add("bomb", std::string(10'000'000, '\0')); }, true);
  EXPECT_LT(fs::file_size(file_), 100'000U);
  EXPECT_EQ(refusal({.bytes = 1'000'000}), "entry \"bomb\" makes it more than the 1000000 bytes allowed");
  EXPECT_LE(fs::file_size(into_ / "bomb"), 1'000'000U);
}

TEST_F(Archive, TooManyFilesAndFoldersAreRefused) {
  make([](Writer& to) {
    for (int i = 0; i < 5; ++i) to.add("f" + std::to_string(i), "");
  });
  EXPECT_EQ(refusal({.files = 4}), "entry \"f4\" is one more than the 4 files allowed");
  make([](Writer& to) { to.add("a/b/c/d/e/f/g/h/i/j/k", ""); });
  EXPECT_EQ(refusal({.depth = 2}), "entry \"a/b/c/d/e/f/g/h/i/j/k\" is nested deeper than 2 folders");
}

TEST_F(Archive, AFolderThatIsRepeatedWithoutEndIsRefused) {
  make([](Writer& to) {
    for (int i = 0; i < 17; ++i) to.entry("./", AE_IFDIR, "", [](::archive_entry*) {});
  });
  EXPECT_EQ(refusal({.files = 4}), "entry \"./\" is one more than the 16 entries allowed");
}

TEST_F(Archive, WhatIsNoArchiveIsSaid) {
  std::ofstream(file_) << "no archive at all, whatever it is called";
  EXPECT_EQ(refusal().find("is no tar archive that can be read"), 0U) << refusal();
  std::ofstream(file_).close();
  EXPECT_EQ(refusal().find("is no tar archive that can be read"), 0U) << refusal();
  fs::remove(file_);
  EXPECT_EQ(refusal(), "cannot be opened: No such file or directory");
}

TEST_F(Archive, AnArchiveWithoutAPackageIsSaid) {
  make([](Writer& to) {
    to.add("one/readme", "x");
    to.add("two/readme", "x");
  });
  EXPECT_EQ(refusal(), "holds no plugin.json at its top or in <id>/<version>");
}

TEST_F(Archive, ATruncatedArchiveIsRefused) {
  make([](Writer& to) { to.add("plugin.json", std::string(100'000, 'x')); });
  fs::resize_file(file_, 50'000);
  EXPECT_EQ(refusal().find("is no tar archive that can be read: "), 0U) << refusal();
}

}  // namespace
}  // namespace slipway::loader
