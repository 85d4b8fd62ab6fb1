#include "plugins/providers/local/artefact/unpack.hpp"

#include <archive.h>
#include <archive_entry.h>
#include <gmock/gmock.h>
#include <sys/stat.h>

#include "plugins/providers/local/artefact/digest.hpp"
#include "plugins/providers/local/base/files.hpp"
#include "tests/support/temporary_directory.hpp"

namespace slipway::local {
namespace {

using ::testing::ThrowsMessage;

class Archives : public ::testing::Test {
 protected:
  struct Entry {
    std::string path, content;
    mode_t kind = AE_IFREG;
    std::string symlink, hardlink;
    std::int64_t size = -1;
  };

  void make(const std::vector<Entry>& entries) {
    archive* out = archive_write_new();
    archive_write_set_format_pax_restricted(out);
    archive_write_add_filter_gzip(out);
    archive_write_open_filename(out, file.c_str());
    for (const Entry& entry : entries) {
      archive_entry* header = archive_entry_new();
      archive_entry_set_pathname(header, entry.path.c_str());
      archive_entry_set_filetype(header, entry.kind);
      archive_entry_set_perm(header, 04755);
      archive_entry_set_size(header, entry.size >= 0 ? entry.size : static_cast<std::int64_t>(entry.content.size()));
      if (!entry.symlink.empty()) archive_entry_set_symlink(header, entry.symlink.c_str());
      if (!entry.hardlink.empty()) archive_entry_set_hardlink(header, entry.hardlink.c_str());
      archive_write_header(out, header);
      archive_write_data(out, entry.content.data(), entry.content.size());
      archive_entry_free(header);
    }
    archive_write_close(out);
    archive_write_free(out);
  }
  void refused(const std::string& why) {
    EXPECT_THAT([&] { unpack(file, folder, limits); },
                ThrowsMessage<Error>("cannot unpack \"" + file.string() + "\": " + why));
  }

  slipway::test::TemporaryDirectory directory;
  std::filesystem::path file = directory.path() / "app.tar.gz", folder = directory.path() / "out";
  UnpackLimits limits{.bytes = 1000, .entries = 5};
};

TEST_F(Archives, are_unpacked_with_folders_links_and_rights_but_no_set_id_bits) {
  make({{"bin/app", "program"}, {"current", "", AE_IFLNK, "bin/app", ""}, {"copy", "", AE_IFREG, "", "bin/app"}});
  unpack(file, folder, limits);
  EXPECT_EQ(read_file(folder / "current"), "program");
  EXPECT_EQ(read_file(folder / "copy"), "program");
  struct stat info {};
  ASSERT_EQ(::stat((folder / "bin/app").c_str(), &info), 0);
  EXPECT_EQ(info.st_mode & 07777, 0755U);
}

TEST_F(Archives, a_path_that_leads_out_is_refused) {
  make({{"../evil", "x"}});
  refused("the path \"../evil\" leads outside the archive");
  make({{"a/../../evil", "x"}});
  refused("the path \"a/../../evil\" leads outside the archive");
  make({{"/etc/evil", "x"}});
  refused("the path \"/etc/evil\" leads outside the archive");
}

TEST_F(Archives, a_link_that_leads_out_is_refused) {
  make({{"a/link", "", AE_IFLNK, "../../evil", ""}});
  refused("the entry \"a/link\" links to \"../../evil\", outside the archive");
  make({{"link", "", AE_IFLNK, "/etc", ""}});
  refused("the entry \"link\" links to \"/etc\", outside the archive");
  make({{"hard", "", AE_IFREG, "", "../evil"}});
  refused("the link target \"../evil\" leads outside the archive");
}

TEST_F(Archives, a_device_or_a_pipe_is_refused) {
  make({{"null", "", AE_IFCHR}});
  refused("the entry \"null\" is a device, a pipe or a socket; want files, folders and links");
  make({{"pipe", "", AE_IFIFO}});
  refused("the entry \"pipe\" is a device, a pipe or a socket; want files, folders and links");
}

TEST_F(Archives, more_bytes_or_entries_than_allowed_are_refused) {
  make({{"a", std::string(600, 'x')}, {"b", std::string(600, 'x')}});
  refused("it unpacks to more than the 1000 bytes allowed");
  std::filesystem::remove_all(folder);
  make({{"1", ""}, {"2", ""}, {"3", ""}, {"4", ""}, {"5", ""}, {"6", ""}});
  refused("it has more than the 5 entries allowed");
}

TEST_F(Archives, one_that_is_no_archive_is_refused) {
  write_file(file, "no archive at all", Durability::kProcess);
  EXPECT_THROW(unpack(file, folder, limits), Error);
}

TEST_F(Archives, are_unpacked_once_for_each_digest_and_leave_nothing_behind_when_refused) {
  make({{"app", "one"}});
  const ArtefactStore store(directory.path() / "store");
  const std::string digest = file_digest(file);
  const auto first = store.resolve({.path = "", .archive = file, .digest = digest});
  EXPECT_EQ(read_file(first / "app"), "one");
  std::filesystem::remove(file);
  EXPECT_EQ(store.resolve({.path = "", .archive = file, .digest = digest}), first)
      << "the archive is not needed any more";
  make({{"app", "x"}, {"../evil", "x"}});
  const std::string bad = file_digest(file);
  EXPECT_THROW(store.resolve({.path = "", .archive = file, .digest = bad}), Error);
  EXPECT_EQ(std::distance(std::filesystem::directory_iterator(directory.path() / "store"), {}), 1);
}

TEST_F(Archives, that_nobody_needs_are_removed_with_what_an_interrupted_unpacking_left) {
  const auto root = directory.path() / "store";
  const ArtefactStore store(root);
  EXPECT_EQ(store.remove_others({}), 0U) << "nothing was ever unpacked";
  make({{"app", "one"}});
  const std::string wanted = file_digest(file);
  const auto kept = store.resolve({.path = "", .archive = file, .digest = wanted});
  make({{"app", "two"}});
  const auto other = store.resolve({.path = "", .archive = file, .digest = file_digest(file)});
  std::filesystem::create_directories(root / (std::string(64, 'a') + ".new") / "bin");
  EXPECT_EQ(store.remove_others({wanted}), 2U);
  EXPECT_EQ(read_file(kept / "app"), "one");
  EXPECT_FALSE(std::filesystem::exists(other));
  EXPECT_EQ(std::distance(std::filesystem::directory_iterator(root), {}), 1);
}

TEST_F(Archives, a_path_with_another_digest_is_refused) {
  write_file(file, "x", Durability::kProcess);
  const ArtefactStore store(directory.path() / "store");
  const std::string wanted = "sha256:" + std::string(64, '0');
  EXPECT_THAT(
      [&] { store.resolve({.path = file, .archive = "", .digest = wanted}); },
      ThrowsMessage<Error>(
          "\"" + file.string() +
          "\" has the digest sha256:2d711642b726b04401627ca9fbac32f5c8530fb1903cc4db02258717921a4881, but "
          "the release names " +
          wanted + "; it is another file than the one released: put that one back, or make a release of this one"));
}

}  // namespace
}  // namespace slipway::local
