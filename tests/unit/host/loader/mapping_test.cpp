// Facts about the dynamic linker on which the loader relies.
#include "host/loader/mapping.hpp"

#include <fcntl.h>
#include <gtest/gtest.h>

#include "tests/support/temporary_directory.hpp"

namespace slipway::loader {
namespace {

namespace fs = std::filesystem;

// A fixture under a name and inode of its own, so that tests don't share mappings.
fs::path copy_of(const std::string& fixture, const fs::path& folder) {
  const auto path = folder / (fixture + ".so");
  fs::copy_file(fs::path(SLIPWAY_FIXTURES) / path.filename(), path);
  return path;
}

Descriptor opened(const fs::path& path) { return Descriptor(::open(path.c_str(), O_RDONLY | O_CLOEXEC)); }

TEST(Mapping, AnUnmappedLibraryIsGone) {
  const test::TemporaryDirectory folder;
  const auto path = copy_of("sound", folder.path());
  auto mapping = Mapping::map(path);
  ASSERT_TRUE(mapping.ok()) << mapping.status().message;
  EXPECT_TRUE(is_resident(path));
  EXPECT_EQ(mapping->unmap(), Residency::unloaded);
}

TEST(Mapping, OneUniqueSymbolKeepsALibraryThoughClosingItSucceeds) {
  const test::TemporaryDirectory folder;
  auto mapping = Mapping::map(copy_of("unique_symbol", folder.path()));
  ASSERT_TRUE(mapping.ok()) << mapping.status().message;
  EXPECT_EQ(mapping->unmap(), Residency::parked);
}

TEST(Mapping, AMappedLibraryIsFoundAgainUnderAnyNameOfItsInode) {
  const test::TemporaryDirectory folder;
  const auto path = copy_of("sound", folder.path());
  const auto mapping = Mapping::map(path);
  ASSERT_TRUE(mapping.ok());
  fs::create_hard_link(path, folder.path() / "second-name.so");
  EXPECT_TRUE(is_resident(folder.path() / "second-name.so"));
  fs::copy_file(path, folder.path() / "second-inode.so");
  EXPECT_FALSE(is_resident(folder.path() / "second-inode.so"));
}

TEST(Mapping, TheSamePathGivesTheOldCodeAsLongAsItIsMapped) {
  const test::TemporaryDirectory folder;
  const auto path = copy_of("sound", folder.path());
  const auto first = Mapping::map(path);
  ASSERT_TRUE(first.ok());
  const auto other = copy_of("unhealthy", folder.path());
  fs::rename(other, path);
  const auto second = Mapping::map(path);
  ASSERT_TRUE(second.ok());
  EXPECT_EQ(first->symbol("slipway_plugin_entry"), second->symbol("slipway_plugin_entry"));
}

TEST(Mapping, CodeFromAnotherFileThanTheVerifiedOneIsSeen) {
  const test::TemporaryDirectory folder;
  const auto path = copy_of("sound", folder.path());
  const auto verified = opened(path);
  const auto other = copy_of("unhealthy", folder.path());
  fs::rename(other, path);  // between the verification and the load
  const auto mapping = Mapping::map(path);
  ASSERT_TRUE(mapping.ok());
  const void* entry = mapping->symbol("slipway_plugin_entry");
  const Status status = check_mapped_file(entry, verified);
  EXPECT_EQ(status.code, Code::failed_precondition);
  EXPECT_TRUE(status.message.starts_with("what was mapped is not the file that was verified (device and inode "))
      << status.message;
  EXPECT_TRUE(check_mapped_file(entry, opened(path)).ok());
}

TEST(Mapping, AnAddressThatBelongsToNoFileIsNoVerifiedCode) {
  const int on_the_stack = 0;
  EXPECT_FALSE(check_mapped_file(&on_the_stack, opened(fs::path(SLIPWAY_FIXTURES) / "sound.so")).ok());
}

TEST(Mapping, AnUndefinedSymbolThatALazyLoadWouldHideIsNamed) {
  const test::TemporaryDirectory folder;
  const auto path = copy_of("undefined_symbol", folder.path());
  std::error_code no_reason;
  {
    // What Boost does unless told otherwise: the plugin's first call would end the process.
    const boost::dll::shared_library lazily(path.string(), no_reason);
    EXPECT_TRUE(lazily.is_loaded()) << no_reason.message();
  }
  const boost::dll::shared_library at_once(path.string(), no_reason, boost::dll::load_mode::rtld_now);
  EXPECT_EQ(no_reason.message(), "Bad file descriptor");
  EXPECT_EQ(Mapping::map(path).status().message,
            "cannot be mapped: " + path.string() + ": undefined symbol: nobody_defines_this");
}

TEST(Mapping, AMissingFileIsRefusedWithTheLinkersReason) {
  EXPECT_EQ(Mapping::map("/nonexistent/plugin.so").status().message,
            "cannot be mapped: /nonexistent/plugin.so: cannot open shared object file: No such file or directory");
}

TEST(Mapping, ASymbolThatIsNotThereIsNull) {
  const test::TemporaryDirectory folder;
  const auto mapping = Mapping::map(copy_of("sound", folder.path()));
  ASSERT_TRUE(mapping.ok());
  EXPECT_EQ(mapping->symbol("no_such_symbol"), nullptr);
}

}  // namespace
}  // namespace slipway::loader
