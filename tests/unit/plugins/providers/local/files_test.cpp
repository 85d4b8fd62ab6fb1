#include "plugins/providers/local/base/files.hpp"

#include <gmock/gmock.h>
#include <sys/stat.h>

#include <slipway/status.hpp>

#include "plugins/providers/local/replica/log_rotation.hpp"
#include "plugins/providers/local/replica/ports.hpp"
#include "tests/support/temporary_directory.hpp"

namespace slipway::local {
namespace {

TEST(Files, are_replaced_as_a_whole_and_private) {
  const slipway::test::TemporaryDirectory directory;
  const auto path = directory.path() / "f";
  write_file(path, "a longer text", Durability::kMachine);
  write_file(path, "short", Durability::kProcess);
  EXPECT_EQ(read_file(path), "short");
  struct stat info {};
  ASSERT_EQ(::stat(path.c_str(), &info), 0);
  EXPECT_EQ(info.st_mode & 0777, 0600U);
  EXPECT_EQ(read_file(directory.path() / "none"), std::nullopt);
  EXPECT_EQ(read_tail(path, 3), "ort");
}

TEST(Files, one_that_is_too_large_or_has_no_folder_is_named) {
  const slipway::test::TemporaryDirectory directory;
  const auto path = (directory.path() / "f").string();
  write_file(path, "12345", Durability::kProcess);
  EXPECT_THAT([&] { read_file(path, 4); },
              ::testing::ThrowsMessage<Error>("\"" + path + "\" is larger than the 4 bytes allowed"));
  const auto lost = (directory.path() / "no/f").string();
  EXPECT_THAT([&] { write_file(lost, "", Durability::kProcess); },
              ::testing::ThrowsMessage<Error>("cannot create \"" + lost + ".new\": No such file or directory"));
}

TEST(Logs, are_copied_and_cut_so_that_who_appends_to_them_goes_on) {
  const slipway::test::TemporaryDirectory directory;
  const auto path = directory.path() / "app.log";
  const LogSettings settings{.max_bytes = 4, .keep = 2};
  write_file(path, "four", Durability::kProcess);
  EXPECT_FALSE(rotate_if_large(path, settings));
  for (const char* text : {"first", "second", "third"}) {
    write_file(path, text, Durability::kProcess);
    EXPECT_TRUE(rotate_if_large(path, settings));
  }
  EXPECT_EQ(read_file(path), "");
  EXPECT_EQ(read_file(path.string() + ".1"), "third");
  EXPECT_EQ(read_file(path.string() + ".2"), "second");
  EXPECT_FALSE(std::filesystem::exists(path.string() + ".3"));
  prune_logs(directory.path(), 1, {});
  EXPECT_EQ(std::distance(std::filesystem::directory_iterator(directory.path()), {}), 1);
}

TEST(PortsOfReplicas, are_given_once_until_they_are_given_back) {
  Ports ports({19990, 19991});
  ports.keep(19990);
  EXPECT_EQ(ports.take(), 19991);
  EXPECT_THAT([&] { ports.take(); },
              ::testing::ThrowsMessage<Error>("no port from 19990 to 19991 is free; widen \"ports\""));
  ports.give_back(19990);
  EXPECT_EQ(ports.take(), 19990);
}

}  // namespace
}  // namespace slipway::local
