#include "host/loader/content_store.hpp"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <sys/stat.h>
#include <unistd.h>

#include <iterator>

#include "host/base/sha256.hpp"
#include "tests/support/plugin_package.hpp"
#include "tests/support/temporary_directory.hpp"

namespace slipway::loader {
namespace {

namespace fs = std::filesystem;

class Store : public ::testing::Test {
 protected:
  Result<StoredFile> take(const std::string& bytes, std::uint64_t cap = 1000) {
    const auto path = directory_.path() / "source";
    test::PluginRoot::write(path, bytes);
    return store_.take(Descriptor(::open(path.c_str(), O_RDONLY | O_CLOEXEC)), cap, path);
  }
  auto entries() const { return std::distance(fs::directory_iterator(store_.folder()), fs::directory_iterator()); }

  test::TemporaryDirectory directory_;
  ContentStore store_{directory_.path() / "store"};
};

mode_t mode_of(const fs::path& path) {
  struct stat info {};
  EXPECT_EQ(::stat(path.c_str(), &info), 0) << path;
  return info.st_mode & 07777;
}

TEST_F(Store, ACopyIsNamedByItsDigestAndOnlyItsOwnerMayReadIt) {
  const auto stored = take("code");
  ASSERT_TRUE(stored.ok()) << stored.status().message;
  EXPECT_EQ(stored->sha256, base::sha256_hex("code"));
  EXPECT_EQ(stored->path, store_.folder() / stored->sha256);
  EXPECT_EQ(stored->size, 4U);
  EXPECT_EQ(mode_of(stored->path), 0400U);
  EXPECT_EQ(mode_of(store_.folder()), 0700U);
}

TEST_F(Store, TheSameContentKeepsItsInode) {
  const auto first = take("code");
  struct stat before {};
  struct stat after {};
  ASSERT_EQ(::stat(first->path.c_str(), &before), 0);
  const auto untouched = fs::last_write_time(store_.folder());
  ASSERT_TRUE(take("code").ok());
  EXPECT_EQ(fs::last_write_time(store_.folder()), untouched) << "it was copied for nothing";
  ASSERT_EQ(::stat(first->path.c_str(), &after), 0);
  EXPECT_EQ(before.st_ino, after.st_ino);
  EXPECT_EQ(entries(), 1) << "no temporary file may stay behind";
}

TEST_F(Store, ADamagedCopyIsReplacedAndNotTrusted) {
  const auto first = take("code");
  fs::permissions(first->path, fs::perms::owner_all);
  test::PluginRoot::write(first->path, "evil");
  const auto again = take("code");
  ASSERT_TRUE(again.ok());
  EXPECT_EQ(base::sha256_hex_of_file(again->path).value(), base::sha256_hex("code"));
}

TEST_F(Store, ALinkInThePlaceOfACopyIsReplacedAndNotFollowed) {
  ASSERT_TRUE(take("other").ok());
  const auto target = directory_.path() / "target";
  test::PluginRoot::write(target, "code");
  fs::create_symlink(target, store_.folder() / base::sha256_hex("code"));
  const auto stored = take("code");
  ASSERT_TRUE(stored.ok());
  EXPECT_FALSE(fs::is_symlink(stored->path));
}

TEST_F(Store, ACopyToWhichSomebodyMayHaveAnotherWayIsReplaced) {
  const auto first = take("code");
  // Planted: a name of its own leads to the same inode, with a right to write that outlives every check.
  fs::create_hard_link(first->path, directory_.path() / "second-name");
  ASSERT_TRUE(take("code").ok());
  EXPECT_EQ(fs::hard_link_count(first->path), 1U);
  EXPECT_EQ(fs::hard_link_count(directory_.path() / "second-name"), 1U);
  fs::permissions(first->path, fs::perms::owner_read | fs::perms::owner_write);
  ASSERT_TRUE(take("code").ok());
  EXPECT_EQ(mode_of(first->path), 0400U);
  EXPECT_EQ(entries(), 1);
}

TEST_F(Store, AFolderOfAnotherUserIsRefused) {
  const bool is_root = ::geteuid() == 0;
  const fs::path folder = is_root ? store_.folder() : fs::path("/usr/share");
  fs::create_directories(store_.folder());
  if (is_root) {
    ASSERT_EQ(::chown(folder.c_str(), 65534, 65534), 0);
  }
  const fs::path source = directory_.path() / "source";
  test::PluginRoot::write(source, "code");
  const auto refused =
      ContentStore(folder).take(Descriptor(::open(source.c_str(), O_RDONLY | O_CLOEXEC)), 1000, source);
  const std::string user = std::to_string(::geteuid());
  EXPECT_EQ(refused.status().message, folder.string() + ": belongs to user " + (is_root ? "65534" : "0") +
                                          ", who could change what is loaded from it; want user " + user +
                                          ": run chown -R " + user + " " + folder.string());
}

TEST_F(Store, ASourceAboveTheCapIsRefusedAndLeavesNothing) {
  EXPECT_EQ(take("12345", 4).status().message,
            (directory_.path() / "source").string() + ": has more than the 4 bytes allowed");
  EXPECT_EQ(entries(), 0);
  EXPECT_TRUE(take("12345", 5).ok());
}

TEST_F(Store, SweepingKeepsWhatIsNamedAndNothingElse) {
  const auto kept = take("kept");
  const auto old = take("old");
  test::PluginRoot::write(store_.folder() / ".incoming-crash", "half");
  store_.keep_only({kept->sha256});
  EXPECT_TRUE(fs::exists(kept->path));
  EXPECT_EQ(entries(), 1);
}

}  // namespace
}  // namespace slipway::loader
