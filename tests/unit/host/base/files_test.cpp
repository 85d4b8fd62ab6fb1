#include "host/base/files.hpp"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <iterator>

#include "tests/support/temporary_directory.hpp"

namespace slipway::base {
namespace {

namespace fs = std::filesystem;

mode_t mode_of(const fs::path& path) {
  struct stat info {};
  EXPECT_EQ(::stat(path.c_str(), &info), 0) << path;
  return info.st_mode & 07777;
}

auto entries(const fs::path& path) { return std::distance(fs::directory_iterator(path), fs::directory_iterator()); }

TEST(Files, WhatWasWrittenIsReadAgainAndOnlyItsOwnerMayReadIt) {
  const test::TemporaryDirectory folder;
  const auto path = folder.path() / "token";
  ASSERT_TRUE(write_private_file(path, "one").ok());
  ASSERT_TRUE(write_private_file(path, std::string(50'000, 'z')).ok());
  EXPECT_EQ(*read_file(path), std::string(50'000, 'z'));
  EXPECT_EQ(mode_of(path), 0600U);
  EXPECT_EQ(entries(folder.path()), 1) << "no temporary file may stay behind";
}

TEST(Files, AWriteThatCannotFinishLeavesTheOldFileAndNoRest) {
  const test::TemporaryDirectory folder;
  const auto path = folder.path() / "target";
  fs::create_directories(path / "not-empty");
  const auto status = write_private_file(path, "new");
  EXPECT_EQ(status.message, path.string() + ": cannot be written: Is a directory");
  EXPECT_EQ(entries(folder.path()), 1);
}

TEST(Files, AMissingFileIsNamedWithTheReason) {
  const auto result = read_file("/nonexistent/slipway.yaml");
  EXPECT_EQ(result.status().code, Code::not_found);
  EXPECT_EQ(result.status().message, "/nonexistent/slipway.yaml: cannot be opened: No such file or directory");
}

TEST(Files, AFileAboveTheCapIsRefusedAndOneAtTheCapIsRead) {
  const test::TemporaryDirectory folder;
  const auto path = folder.path() / "file";
  ASSERT_TRUE(write_private_file(path, "12345").ok());
  EXPECT_EQ(*read_file(path, {.max_bytes = 5}), "12345");
  EXPECT_EQ(read_file(path, {.max_bytes = 4}).status().message, path.string() + ": has more than the 4 bytes allowed");
}

TEST(Files, ALinkIsFollowedOrRefusedAsAsked) {
  const test::TemporaryDirectory folder;
  ASSERT_TRUE(write_private_file(folder.path() / "file", "x").ok());
  const auto link = folder.path() / "link";
  fs::create_symlink("file", link);
  EXPECT_EQ(*read_file(link), "x");
  EXPECT_EQ(read_file(link, {.links = Links::refuse}).status().message,
            link.string() + ": is a symbolic link; want a regular file");
}

TEST(Files, APipeOrADirectoryIsRefusedAtOnce) {
  const test::TemporaryDirectory folder;
  const auto pipe = folder.path() / "pipe";
  ASSERT_EQ(::mkfifo(pipe.c_str(), 0600), 0);
  EXPECT_EQ(read_file(pipe).status().message, pipe.string() + ": is no regular file");
  EXPECT_EQ(read_file(folder.path()).status().message, folder.path().string() + ": is no regular file");
}

TEST(Files, AFileThatSomebodyHasOpenForWritingIsNotWholeYet) {
  const test::TemporaryDirectory folder;
  const auto path = folder.path() / "file";
  const int writer = ::open(path.c_str(), O_WRONLY | O_CREAT | O_CLOEXEC, 0600);
  ASSERT_GE(writer, 0);
  EXPECT_EQ(ReadLease::take(path).status(),
            Status(Code::unavailable,
                   path.string() + ": another program has it open for writing; try again once it is whole"));
  ::close(writer);
  EXPECT_TRUE(ReadLease::take(path).ok());
  EXPECT_TRUE(ReadLease::take(folder.path() / "none").ok());
}

TEST(Files, NobodyBeginsToWriteWhileAFileIsHeld) {
  const test::TemporaryDirectory folder;
  const auto path = folder.path() / "file";
  ASSERT_TRUE(write_private_file(path, "whole").ok());
  const auto try_to_write = [&] {
    const int writer = ::open(path.c_str(), O_WRONLY | O_NONBLOCK | O_CLOEXEC);
    const int error = writer < 0 ? errno : 0;
    ::close(writer);
    return error;
  };
  {
    const auto lease = ReadLease::take(path);
    ASSERT_TRUE(lease.ok());
    EXPECT_EQ(try_to_write(), EWOULDBLOCK);
    EXPECT_EQ(*read_file(path), "whole");
  }
  EXPECT_EQ(try_to_write(), 0);
}

TEST(Files, MissingDirectoriesAreMadeForTheOwnerAlone) {
  const test::TemporaryDirectory folder;
  const auto path = folder.path() / "a" / "b";
  ASSERT_TRUE(make_private_directories(path).ok());
  EXPECT_TRUE(make_private_directories(path).ok());
  EXPECT_EQ(mode_of(folder.path() / "a"), 0700U);
  EXPECT_EQ(mode_of(path), 0700U);
}

TEST(Files, MissingDirectoriesMayBePassagesThatOthersCanNotList) {
  const test::TemporaryDirectory folder;
  ASSERT_TRUE(make_private_directories(folder.path() / "a" / "b", Passage::others).ok());
  EXPECT_EQ(mode_of(folder.path() / "a"), 0711U);
  EXPECT_EQ(mode_of(folder.path() / "a" / "b"), 0711U);
}

TEST(Files, ADirectoryThatOthersMayWriteToIsRefusedWithTheWayOut) {
  const test::TemporaryDirectory folder;
  const auto path = folder.path() / "open";
  fs::create_directory(path);
  fs::permissions(path, fs::perms::all);
  EXPECT_EQ(make_private_directories(path).message,
            path.string() + ": others may write to it; run chmod go-w " + path.string());
}

TEST(Files, AFileInTheWayOfADirectoryIsNamed) {
  const test::TemporaryDirectory folder;
  const auto path = folder.path() / "file";
  ASSERT_TRUE(write_private_file(path, "x").ok());
  EXPECT_EQ(make_private_directories(path).message, path.string() + ": exists and is no directory");
  EXPECT_EQ(make_private_directories(path / "deeper").message,
            (path / "deeper").string() + ": cannot be made: Not a directory");
}

}  // namespace
}  // namespace slipway::base
