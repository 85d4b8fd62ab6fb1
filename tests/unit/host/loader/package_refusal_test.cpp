// What a package may do wrong before anything of it runs.
#include <gtest/gtest.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <sys/un.h>
#include <unistd.h>

#include "tests/unit/host/loader/loading.hpp"

namespace slipway::loader {
namespace {

namespace fs = std::filesystem;

class PackageRefusal : public Loading {
 protected:
  const fs::path folder_ = root_.install({});
  const fs::path library_ = folder_ / "gate-fixture.so";
  const std::string begin_ = "plugin gate-fixture 1.0.0: ";
};

TEST_F(PackageRefusal, AChangedFileIsNamedWithBothDigests) {
  const std::string before = base::sha256_hex_of_file(library_).value();
  test::PluginRoot::write(library_, "changed");
  EXPECT_EQ(refusal(), begin_ + library_.string() + ": has the SHA-256 " + base::sha256_hex("changed") +
                           ", plugin.json says " + before +
                           "; the file was changed after it was packaged, install the package again");
}

TEST_F(PackageRefusal, AChangedFileIsSeenAlsoWhenItsOldContentIsInTheStore) {
  ASSERT_TRUE(loader_.verify(installed()).ok());
  test::PluginRoot::write(library_, "changed");
  EXPECT_NE(refusal().find(": has the SHA-256 "), std::string::npos);
}

TEST_F(PackageRefusal, ADamagedCopyInTheStoreIsReplaced) {
  const auto path = loader_.verify(installed()).value().library.path;
  fs::permissions(path, fs::perms::owner_all);
  test::PluginRoot::write(path, "damaged");
  EXPECT_TRUE(load().ok());
}

TEST_F(PackageRefusal, ATruncatedLibraryIsRefusedThoughItsDigestIsRight) {
  fs::resize_file(library_, 1000);
  test::PluginRoot::seal(folder_, {});
  EXPECT_EQ(refusal(), begin_ + library_.string() + ": a segment lies outside the file");
}

TEST_F(PackageRefusal, AnUnlistedFileIsRefused) {
  test::PluginRoot::write(folder_ / "helper.so", "x");
  EXPECT_EQ(refusal(), begin_ + folder_.string() +
                           "/helper.so: is not listed in plugin.json; remove it, or install the package again");
}

TEST_F(PackageRefusal, AListedFileThatIsMissingIsRefused) {
  fs::remove(library_);
  EXPECT_EQ(refusal(),
            begin_ + library_.string() + ": is listed in plugin.json and missing; install the package again");
}

TEST_F(PackageRefusal, APackageThatListsNothingIsRefused) {
  test::PluginRoot::seal(folder_, {.more = {{"files", Json::object()}}});
  EXPECT_EQ(refusal(),
            begin_ + library_.string() + ": is not listed in plugin.json; remove it, or install the package again");
  fs::remove(library_);
  EXPECT_EQ(refusal(), begin_ + library_.string() +
                           ": is named as the library in plugin.json and missing; install the package again");
}

TEST_F(PackageRefusal, ANewerMinorOfTheHostIsWelcome) {
  Loader newer({.store = store(), .limits = {}, .abi_minor = 7}, unchecked_);
  EXPECT_TRUE(newer.load(installed()).ok());
}

TEST_F(PackageRefusal, ALinkIsNotFollowed) {
  fs::rename(library_, directory_.path() / "elsewhere.so");
  fs::create_symlink(directory_.path() / "elsewhere.so", library_);
  EXPECT_EQ(refusal(), begin_ + library_.string() + ": is a symbolic link; a package holds regular files only");
}

TEST_F(PackageRefusal, AFolderThatIsALinkIsNotFollowed) {
  fs::rename(folder_, directory_.path() / "elsewhere");
  fs::create_symlink(directory_.path() / "elsewhere", folder_);
  EXPECT_EQ(refusal(),
            begin_ + folder_.string() +
                ": is a symbolic link or no directory; a package holds regular files in real directories only");
}

TEST_F(PackageRefusal, APipeIsRefusedAtOnce) {
  ASSERT_EQ(::mkfifo((folder_ / "pipe").c_str(), 0600), 0);
  EXPECT_EQ(refusal(), begin_ + folder_.string() + "/pipe: is no regular file");
}

TEST_F(PackageRefusal, ASocketAndADeviceAreRefused) {
  const int socket = ::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
  sockaddr_un name{};
  name.sun_family = AF_UNIX;
  const fs::path path = folder_ / "s";
  path.string().copy(name.sun_path, sizeof name.sun_path - 1);
  ASSERT_EQ(::bind(socket, reinterpret_cast<const sockaddr*>(&name), sizeof name), 0);
  ::close(socket);
  EXPECT_EQ(refusal(), begin_ + path.string() + ": is no regular file");
  fs::remove(path);
  // Only root may make one.
  if (::mknod(path.c_str(), S_IFCHR | 0600, ::makedev(1, 3)) == 0) {
    EXPECT_EQ(refusal(), begin_ + path.string() + ": is no regular file");
  }
}

TEST_F(PackageRefusal, WhatEverybodyMayWriteToIsRefused) {
  fs::permissions(library_, fs::perms::all);
  EXPECT_EQ(refusal(), begin_ + library_.string() + ": everybody may write to it; run chmod o-w " + library_.string());
  fs::permissions(library_, fs::perms::owner_all);
  fs::permissions(folder_.parent_path(), fs::perms::all);
  const std::string parent = folder_.parent_path().string();
  EXPECT_EQ(refusal(), begin_ + parent + ": everybody may write to it; run chmod o-w " + parent);
}

TEST_F(PackageRefusal, TooManyTooLargeAndTooDeepPackagesAreRefused) {
  const Installed package = installed();
  fs::create_directories(folder_ / "a" / "b");
  test::PluginRoot::write(folder_ / "a" / "b" / "c", "1234567890");
  const auto with = [&](const PackageLimits& limits) {
    return Loader({.store = store(), .limits = limits}, unchecked_).verify(package).status().message;
  };
  EXPECT_EQ(with({.files = 2}), begin_ + folder_.string() + ": holds more than the 2 files allowed");
  EXPECT_EQ(with({.bytes = 100}), begin_ + folder_.string() + ": holds more than the 100 bytes allowed");
  EXPECT_EQ(with({.depth = 1}), begin_ + folder_.string() + "/a/b/: is nested deeper than 1 folders");
}

TEST_F(PackageRefusal, APackageForAnotherAbiNamesBothVersions) {
  test::PluginRoot::seal(folder_, {.more = {{"abi", {{"min", "2.0"}, {"max", "2.1"}}}}});
  EXPECT_EQ(refusal(),
            begin_ + folder_.string() +
                "/plugin.json: wants a host with ABI 2.0 or a later minor of 2, this host speaks 1.0; install an "
                "older version of the plugin or a newer slipwayd");
  test::PluginRoot::seal(folder_, {.more = {{"abi", {{"min", "1.3"}, {"max", "1.4"}}}}});
  EXPECT_EQ(refusal(),
            begin_ + folder_.string() +
                "/plugin.json: wants a host with ABI 1.3 or a later minor of 1, this host speaks 1.0; install an "
                "older version of the plugin or a newer slipwayd");
  test::PluginRoot::seal(folder_, {.more = {{"abi", {{"min", "0.9"}, {"max", "0.9"}}}}});
  EXPECT_EQ(refusal(),
            begin_ + folder_.string() +
                "/plugin.json: wants a host with ABI 0.9 or a later minor of 0, this host speaks 1.0; install a "
                "version of the plugin for ABI 1");
}

TEST_F(PackageRefusal, AManifestThatChangedSinceTheScanIsReadAgain) {
  const Installed package = installed();
  test::PluginRoot::seal(folder_, {.version = "9.0.0"});
  EXPECT_EQ(loader_.load(package).status().message,
            begin_ + folder_.string() + "/plugin.json: is now that of gate-fixture 9.0.0; install the package again");
}

TEST_F(PackageRefusal, AStoreThatOthersMayWriteToIsRefused) {
  fs::create_directory(store());
  fs::permissions(store(), fs::perms::all);
  EXPECT_EQ(refusal(), begin_ + store().string() + ": others may write to it; run chmod go-w " + store().string());
}

}  // namespace
}  // namespace slipway::loader
