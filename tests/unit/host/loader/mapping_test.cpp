// Facts about the dynamic linker on which the loader relies.
#include "host/loader/mapping.hpp"

#include <dlfcn.h>
#include <fcntl.h>
#include <gtest/gtest.h>
#include <slipway/abi/plugin.h>
#include <unistd.h>

#include <cstdlib>
#include <exception>
#include <iostream>

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

const slipway_plugin* table_of(void* entry) {
  return reinterpret_cast<slipway_plugin_entry_fn>(entry)(SLIPWAY_ABI_MAJOR, SLIPWAY_ABI_MINOR, nullptr);
}

slipway_status create_from(const Mapping& mapping) {
  slipway_instance* instance = nullptr;
  return table_of(mapping.symbol(SLIPWAY_PLUGIN_ENTRY))->create(nullptr, {}, &instance, nullptr);
}

// Ends a process of its own: there is one unique symbol of a name in each, which pins the library that brought it
// first.
[[noreturn]] void end_with_residency(const fs::path& path) {
  auto mapping = Mapping::map(path);
  std::_Exit(mapping.ok() ? static_cast<int>(mapping->unmap()) : EXIT_FAILURE + 100);
}

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

TEST(Mapping, WithoutTheVersionScriptHiddenVisibilityLetsNoLibraryGo) {
  const test::TemporaryDirectory folder;
  const auto parked = ::testing::ExitedWithCode(static_cast<int>(Residency::parked));
  EXPECT_EXIT(end_with_residency(copy_of("hidden_alone", folder.path())), parked, "");
#if !defined(__SANITIZE_ADDRESS__) && !defined(__SANITIZE_THREAD__)
  EXPECT_EXIT(end_with_residency(copy_of("hidden_and_static", folder.path())), parked, "");
#endif
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

// Why a worker keeps its library's descriptor open, and the host maps by a name that is the digest.
TEST(Mapping, ADescriptorsNumberThatIsUsedAgainGivesTheOldCodeAndIsSeen) {
  const test::TemporaryDirectory folder;
  const auto number = opened(copy_of("sound", folder.path()));
  const auto name = "/proc/self/fd/" + std::to_string(number.get());
  const auto first = Mapping::map(name);
  ASSERT_TRUE(first.ok()) << first.status().message;
  const auto other = opened(copy_of("unhealthy", folder.path()));
  ASSERT_EQ(::dup3(other.get(), number.get(), O_CLOEXEC), number.get());
  const auto second = Mapping::map(name);
  ASSERT_TRUE(second.ok()) << second.status().message;
  const void* entry = second->symbol(SLIPWAY_PLUGIN_ENTRY);
  EXPECT_EQ(entry, first->symbol(SLIPWAY_PLUGIN_ENTRY));
  EXPECT_EQ(check_mapped_file(entry, other).code, Code::failed_precondition);
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

// The linker copies a stream that this program names into the program; a library that looks into its own dependencies
// first finds the original, which nobody has initialised.
TEST(Mapping, ALibraryThatIsBoundDeeplyDiesAtAStreamAndOneOfOursDoesNot) {
  const test::TemporaryDirectory folder;
  const auto path = copy_of("writes_to_a_stream", folder.path());
  std::cout << std::flush;
  EXPECT_DEATH(
      {
        void* handle = ::dlopen(path.c_str(), RTLD_NOW | RTLD_LOCAL | RTLD_DEEPBIND);
        table_of(::dlsym(handle, SLIPWAY_PLUGIN_ENTRY));
      },
      "");
  const auto mapping = Mapping::map(path);
  ASSERT_TRUE(mapping.ok()) << mapping.status().message;
  EXPECT_EQ(table_of(mapping->symbol(SLIPWAY_PLUGIN_ENTRY)), nullptr);
}

// Each copy of the unwinder prepares itself at the first throw, and the host's is asked to go on with a throw that
// another copy began; so this is looked at in a process in which nothing was thrown before.
TEST(Mapping, AnExceptionFromALibraryWithItsOwnStandardLibraryEndsTheProcess) {
  GTEST_FLAG_SET(death_test_style, "threadsafe");
  const test::TemporaryDirectory folder;
#if !defined(__SANITIZE_ADDRESS__) && !defined(__SANITIZE_THREAD__)
  const auto own = Mapping::map(copy_of("exception_crosses_static", folder.path()));
  ASSERT_TRUE(own.ok()) << own.status().message;
  EXPECT_DEATH(EXPECT_ANY_THROW(create_from(*own)), "");
#endif
  const auto shared = Mapping::map(copy_of("exception_crosses", folder.path()));
  ASSERT_TRUE(shared.ok()) << shared.status().message;
  EXPECT_THROW(create_from(*shared), std::exception);
}

TEST(Mapping, AnExceptionThatOutlivesItsLibraryEndsTheProcess) {
  const test::TemporaryDirectory folder;
  auto mapping = Mapping::map(copy_of("exception_crosses", folder.path()));
  ASSERT_TRUE(mapping.ok()) << mapping.status().message;
  std::exception_ptr thrown;
  const auto keep_one = [&] {
    try {
      create_from(*mapping);
    } catch (...) {
      thrown = std::current_exception();
    }
  };
  EXPECT_DEATH(
      {
        keep_one();
        mapping->unmap();
        EXPECT_THROW(std::rethrow_exception(thrown), std::exception);
      },
      "");
}

TEST(Mapping, AFunctionThatOutlivesItsLibraryEndsTheProcess) {
  const test::TemporaryDirectory folder;
  auto mapping = Mapping::map(copy_of("entry_refuses", folder.path()));
  ASSERT_TRUE(mapping.ok()) << mapping.status().message;
  const auto entry = reinterpret_cast<slipway_plugin_entry_fn>(mapping->symbol(SLIPWAY_PLUGIN_ENTRY));
  slipway_blob reason{};
  ASSERT_EQ(entry(SLIPWAY_ABI_MAJOR, SLIPWAY_ABI_MINOR, &reason), nullptr);
  EXPECT_DEATH(
      {
        mapping->unmap();
        reason.release(reason.owner);
      },
      "");
  reason.release(reason.owner);
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
