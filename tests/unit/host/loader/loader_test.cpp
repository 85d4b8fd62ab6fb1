#include "host/loader/loader.hpp"

#include <gtest/gtest.h>

#include "tests/unit/host/loader/loading.hpp"

namespace slipway::loader {
namespace {

namespace fs = std::filesystem;

TEST_F(Loading, ASoundPluginIsLoadedAndUnloadedAgain) {
  const auto folder = root_.install({});
  auto library = load();
  ASSERT_TRUE(library.ok()) << library.status().message;
  EXPECT_EQ((*library)->table().interface_count, 2U);
  EXPECT_EQ((*library)->manifest().id, "gate-fixture");
  EXPECT_EQ((*library)->folder(), folder);
  const fs::path mapped = store() / (*library)->digest();
  EXPECT_TRUE(is_resident(mapped));
  library->reset();
  EXPECT_FALSE(is_resident(mapped));
  EXPECT_EQ(loader_.residents().unloaded(), 1U);
  EXPECT_TRUE(loader_.residents().parked().empty());
}

TEST_F(Loading, TheFileInThePackageIsNeverTheOneThatIsMapped) {
  const auto folder = root_.install({});
  const auto library = load();
  ASSERT_TRUE(library.ok());
  EXPECT_FALSE(is_resident(folder / "gate-fixture.so"));
}

// A number that is free again could lead to the old code, and so could an inode.
TEST_F(Loading, TheFileStaysOpenForAsLongAsItsLibraryIsMapped) {
  root_.install({});
  auto library = load();
  ASSERT_TRUE(library.ok()) << library.status().message;
  const fs::path mapped = store() / (*library)->digest();
  const auto times_open = [&] {
    return std::ranges::count_if(fs::directory_iterator("/proc/self/fd"), [&](const auto& one) {
      std::error_code gone;
      return fs::read_symlink(one.path(), gone) == mapped;
    });
  };
  EXPECT_EQ(times_open(), 1);
  library->reset();
  EXPECT_EQ(times_open(), 0);
}

TEST_F(Loading, ARunningPluginSurvivesThatItsPackageIsOverwrittenAndTruncated) {
  const auto folder = root_.install({});
  const auto library = load();
  ASSERT_TRUE(library.ok());
  test::PluginRoot::write(folder / "gate-fixture.so", "overwritten");
  fs::resize_file(folder / "gate-fixture.so", 0);
  slipway_instance* instance = nullptr;
  slipway_blob error{};
  const slipway_host host{};
  ASSERT_EQ((*library)->table().create(&host, {}, &instance, &error), SLIPWAY_OK);
  (*library)->table().destroy(instance);
}

TEST_F(Loading, APluginBuiltWithTheSdkUnloadsWithoutARestThoughItUsesRegexAndStreams) {
  const Catalog catalog = Catalog::scan({SLIPWAY_FIXTURE_ROOT});
  const auto package =
      std::ranges::find(catalog.packages(), "gate-matching", [](const Installed& one) { return one.manifest.id; });
  ASSERT_NE(package, catalog.packages().end());
  auto library = loader_.load(*package);
  ASSERT_TRUE(library.ok()) << library.status().message;
  const fs::path mapped = store() / (*library)->digest();
  library->reset();
  EXPECT_FALSE(is_resident(mapped));
  EXPECT_EQ(loader_.residents().unloaded(), 1U);
}

TEST_F(Loading, ALibraryThatStaysIsReportedAsParkedAndNotLoadedAgain) {
  root_.install({.fixture = "never_unloads"});
  auto library = load();
  ASSERT_TRUE(library.ok()) << library.status().message;
  const std::string digest = (*library)->digest();
  library->reset();
  const auto parked = loader_.residents().parked();
  ASSERT_EQ(parked.size(), 1U);
  EXPECT_EQ(parked[0].digest, digest);
  EXPECT_EQ(parked[0].reason, "it is linked with -z nodelete");
  EXPECT_EQ(parked[0].bytes, fs::file_size(store() / digest));
  EXPECT_EQ(refusal(),
            "plugin gate-fixture 1.0.0: " + installed().folder().string() +
                "/gate-fixture.so: is in memory since an earlier load that could not be undone, so it can't be loaded "
                "anew; restart slipwayd to load it");
}

TEST_F(Loading, APluginThatAsksToBeKeptStaysAndIsUsedAgain) {
  root_.install({.more = {{"unload", "keep"}}});
  auto library = load();
  ASSERT_TRUE(library.ok()) << library.status().message;
  const auto* table = &(*library)->table();
  library->reset();
  EXPECT_EQ(loader_.residents().unloaded(), 0U);
  EXPECT_EQ(&load().value()->table(), table);
}

TEST_F(Loading, AnUnloadedPluginIsLoadedAnewWithFreshState) {
  root_.install({});
  for (int round = 0; round < 50; ++round) {
    const auto library = load();
    ASSERT_TRUE(library.ok()) << "round " << round << ": " << library.status().message;
  }
  EXPECT_EQ(loader_.residents().unloaded(), 50U);
}

TEST_F(Loading, TwoVersionsWithTheSameBytesShareOneLibrary) {
  root_.install({.version = "1.0.0"});
  root_.install({.version = "1.1.0"});
  const Catalog catalog = Catalog::scan({root_.path()});
  auto first = loader_.load(catalog.packages().at(0));
  auto second = loader_.load(catalog.packages().at(1));
  ASSERT_TRUE(first.ok() && second.ok()) << second.status().message;
  EXPECT_EQ(&(*first)->table(), &(*second)->table());
  EXPECT_EQ(base::to_string((*first)->manifest().version), "1.0.0");
  EXPECT_EQ(base::to_string((*second)->manifest().version), "1.1.0");
  first->reset();
  EXPECT_TRUE(is_resident(store() / (*second)->digest()));
}

TEST_F(Loading, TwoVersionsWithDifferentCodeRunSideBySide) {
  root_.install({.version = "1.0.0"});
  root_.install({.fixture = "answers_twice", .version = "2.0.0"});
  const Catalog catalog = Catalog::scan({root_.path()});
  const auto first = loader_.load(catalog.packages().at(0));
  const auto second = loader_.load(catalog.packages().at(1));
  ASSERT_TRUE(first.ok() && second.ok());
  EXPECT_NE((*first)->table().invoke, (*second)->table().invoke);
}

TEST_F(Loading, VerifyingAPackageMapsNothing) {
  root_.install({});
  const auto verified = loader_.verify(installed());
  ASSERT_TRUE(verified.ok()) << verified.status().message;
  EXPECT_EQ(verified->image.exports, std::vector<std::string>{SLIPWAY_PLUGIN_ENTRY});
  EXPECT_FALSE(is_resident(verified->library.path));
}

// A policy that a test turns.
class Policy final : public SignaturePolicy {
 public:
  [[nodiscard]] Result<Signer> check(const SignedManifest& package) const override {
    if (package.signature == "good" && package.manifest.find(package.id) != std::string_view::npos) return Signer{};
    return Status(Code::permission_denied, "is not signed by anybody that this site trusts");
  }
};

TEST_F(Loading, TheSignaturePolicyDecidesBeforeTheLibraryIsRead) {
  const auto folder = root_.install({});
  test::PluginRoot::write(folder / "gate-fixture.so", "no library at all");
  test::PluginRoot::seal(folder, {});
  const Policy policy;
  Loader strict({.store = store()}, policy);
  EXPECT_EQ(strict.verify(installed()).status().message,
            "plugin gate-fixture 1.0.0: is not signed by anybody that this site trusts");
  test::PluginRoot::write(folder / "plugin.sig", "good");
  EXPECT_EQ(strict.verify(installed()).status().message,
            "plugin gate-fixture 1.0.0: " + folder.string() + "/gate-fixture.so: the ELF header lies outside the file");
}

}  // namespace
}  // namespace slipway::loader
