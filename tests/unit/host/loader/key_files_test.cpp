#include "host/loader/key_files.hpp"

#include <gtest/gtest.h>
#include <sys/stat.h>

#include "tests/support/temporary_directory.hpp"

namespace slipway::loader {
namespace {

namespace fs = std::filesystem;

mode_t mode_of(const fs::path& path) {
  struct stat info {};
  return ::stat(path.c_str(), &info) == 0 ? info.st_mode & 07777U : 0;
}

class KeyFilesTest : public ::testing::Test {
 protected:
  test::TemporaryDirectory directory_;
  fs::path keys_ = directory_.path() / "config/keys";
};

TEST_F(KeyFilesTest, ThePrivateHalfIsForItsOwnerOnly) {
  const KeyFiles files = key_files(keys_, "acme");
  const auto made = make_key(files);
  ASSERT_TRUE(made.ok()) << made.status().message;
  EXPECT_EQ(mode_of(keys_), 0700U);
  EXPECT_EQ(mode_of(keys_ / "acme"), 0600U);
  EXPECT_EQ(mode_of(keys_ / "acme.pub"), 0644U);
  EXPECT_EQ(read_private_key(files.private_half)->public_key(), *made);
  EXPECT_EQ(read_public_key(files.public_half).value(), *made);
}

TEST_F(KeyFilesTest, AKeyIsNeverReplaced) {
  const KeyFiles files = key_files(keys_, "acme");
  const PublicKey first = make_key(files).value();
  EXPECT_EQ(make_key(files).status(),
            Status(Code::already_exists,
                   (keys_ / "acme").string() + ": is there already; take another name, or remove it first"));
  EXPECT_EQ(read_private_key(files.private_half)->public_key(), first);
}

TEST_F(KeyFilesTest, AKeyThatOthersCanReadIsRefused) {
  ASSERT_TRUE(make_key(key_files(keys_, "acme")).ok());
  fs::permissions(keys_ / "acme", fs::perms{0640});
  EXPECT_EQ(read_private_key(keys_ / "acme").status(),
            Status(Code::failed_precondition,
                   (keys_ / "acme").string() + ": has mode 0640, so others can read the private key; run chmod 600 " +
                       (keys_ / "acme").string()));
}

TEST_F(KeyFilesTest, APublicKeyThatOthersCanReplaceIsRefused) {
  ASSERT_TRUE(make_key(key_files(keys_, "acme")).ok());
  fs::permissions(keys_ / "acme.pub", fs::perms{0664});
  EXPECT_EQ(read_public_key(keys_ / "acme.pub").status(),
            Status(Code::failed_precondition,
                   (keys_ / "acme.pub").string() +
                       ": has mode 0664, so others can put another key in its place; run chmod go-w " +
                       (keys_ / "acme.pub").string()));
}

TEST_F(KeyFilesTest, TheLocalKeyIsMadeOnce) {
  const auto first = local_key(keys_);
  ASSERT_TRUE(first.ok()) << first.status().message;
  EXPECT_EQ(local_key(keys_)->public_key(), first->public_key());
  fs::remove(keys_ / "local.pub");
  EXPECT_EQ(local_key(keys_)->public_key(), first->public_key());
  EXPECT_EQ(read_public_key(keys_ / "local.pub").value(), first->public_key());
}

TEST_F(KeyFilesTest, WithoutAPlaceThereIsNoLocalKey) {
  EXPECT_EQ(local_key({}).status().message,
            "there is no place for the local key: neither SLIPWAY_KEY_DIRECTORY nor HOME is set; set one of them");
}

TEST_F(KeyFilesTest, KeysLieWhereTheVariablesSay) {
  EXPECT_EQ(key_directory({{"SLIPWAY_KEY_DIRECTORY", "/k"}, {"HOME", "/h"}}), "/k");
  EXPECT_EQ(key_directory({{"XDG_CONFIG_HOME", "/x"}, {"HOME", "/h"}}), "/x/slipway/keys");
  EXPECT_EQ(key_directory({{"XDG_CONFIG_HOME", "relative"}, {"HOME", "/h"}}), "/h/.config/slipway/keys");
  EXPECT_TRUE(key_directory({}).is_absolute());
  EXPECT_EQ(key_files("/k", "acme").private_half, "/k/acme");
  EXPECT_EQ(key_files("/k", "./acme").public_half, "./acme.pub");
}

TEST_F(KeyFilesTest, ANameOfAKeyIsAPlainWord) {
  for (const char* name : {"acme", "acme.2026-11", "0"}) EXPECT_TRUE(check_key_name(name).ok()) << name;
  for (const char* name : {"", "Acme", "../x", "-k", ".hidden", "acme.pub", "a b"})
    EXPECT_EQ(check_key_name(name).message,
              "\"" + std::string(name) +
                  "\" is no name of a key; want 1 to 63 lower-case letters, digits, dashes and dots, beginning with a "
                  "letter or a digit and not ending in .pub");
}

}  // namespace
}  // namespace slipway::loader
