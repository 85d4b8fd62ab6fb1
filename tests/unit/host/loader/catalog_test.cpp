#include "host/loader/catalog.hpp"

#include <gtest/gtest.h>

#include "tests/support/plugin_package.hpp"
#include "tests/support/temporary_directory.hpp"

namespace slipway::loader {
namespace {

namespace fs = std::filesystem;

class Catalogs : public ::testing::Test {
 protected:
  void install(const std::string& version, const std::string& id = "strategy-canary") const {
    root_.install({.id = id, .version = version});
  }
  Catalog scan() const { return Catalog::scan({root_.path()}); }
  static PluginWish wish(const std::string& range) {
    return {"dev", "canary", "strategy-canary", base::parse_range(range).value()};
  }
  std::string resolved(const std::string& range) const {
    const Catalog catalog = scan();
    const auto found = catalog.resolve(wish(range));
    return found.ok() ? base::to_string((*found)->manifest.version) : found.status().message;
  }

  test::TemporaryDirectory directory_;
  test::PluginRoot root_{directory_.path() / "root"};
};

TEST_F(Catalogs, TheHighestVersionInsideTheRangeIsTaken) {
  for (const char* version : {"1.4.1", "1.10.0", "1.9.0", "2.0.0", "2.1.0-rc.1"}) install(version);
  EXPECT_EQ(resolved("^1.2"), "1.10.0");
  EXPECT_EQ(resolved("*"), "2.0.0");
  EXPECT_EQ(resolved("1.4.1"), "1.4.1");
}

TEST_F(Catalogs, AWishThatNothingFitsNamesWhatIsThereAndTheWayOut) {
  install("1.4.1");
  EXPECT_EQ(resolved("^2.0"),
            "profile \"dev\": instance \"canary\" wants strategy-canary ^2.0, but only 1.4.1 is installed in " +
                root_.path().string() + "; install 2.x or relax the range");
  install("1.3.0");
  EXPECT_EQ(resolved(">=1.5 <2"),
            "profile \"dev\": instance \"canary\" wants strategy-canary >=1.5 <2, but only 1.3.0 and 1.4.1 are "
            "installed in " +
                root_.path().string() + "; install >=1.5 <2 or relax the range");
}

TEST_F(Catalogs, AMissingPluginNamesWhereItWasLookedFor) {
  EXPECT_EQ(resolved("^0.1"),
            "profile \"dev\": instance \"canary\" wants strategy-canary ^0.1, but no version of it is installed in " +
                root_.path().string() + "; install ^0.1, or take the instance out of the profile");
}

TEST_F(Catalogs, ABrokenPackageIsKeptWithItsFaultAndStopsNobody) {
  install("1.0.0");
  install("1.1.0");
  const auto broken = root_.path() / "strategy-canary" / "1.1.0";
  test::PluginRoot::write(broken / "plugin.json", "{");
  const Catalog catalog = scan();
  EXPECT_EQ(catalog.packages().size(), 1U);
  ASSERT_EQ(catalog.faults().size(), 1U);
  EXPECT_EQ(catalog.faults()[0].folder, broken);
  const std::string text = resolved("^1.1");
  EXPECT_NE(text.find(" (left out: " + broken.string() + "/plugin.json"), std::string::npos) << text;
}

TEST_F(Catalogs, AFolderThatIsNamedForAnotherPackageIsRefused) {
  install("1.0.0");
  const auto right = root_.path() / "strategy-canary" / "1.0.0";
  const auto wrong = root_.path() / "strategy-canary" / "1.0.1";
  fs::rename(right, wrong);
  const Catalog catalog = scan();
  ASSERT_EQ(catalog.faults().size(), 1U);
  EXPECT_EQ(catalog.faults()[0].status.message, wrong.string() +
                                                    "/plugin.json: belongs into a folder strategy-canary/1.0.0, it "
                                                    "lies in strategy-canary/1.0.1; move the package");
}

TEST_F(Catalogs, AFolderWithoutAManifestIsAFault) {
  fs::create_directories(root_.path() / "empty" / "1.0.0");
  const Catalog catalog = scan();
  ASSERT_EQ(catalog.faults().size(), 1U);
  EXPECT_EQ(catalog.faults()[0].status.message, (root_.path() / "empty" / "1.0.0" / "plugin.json").string() +
                                                    ": cannot be opened: No such file or directory");
}

TEST_F(Catalogs, TheFirstRootHidesTheSameVersionInTheSecond) {
  install("1.0.0");
  const test::PluginRoot second(directory_.path() / "second");
  const auto hidden = second.install({.id = "strategy-canary", .version = "1.0.0"});
  const auto newer = second.install({.id = "strategy-canary", .version = "1.2.0"});
  const Catalog catalog = Catalog::scan({root_.path(), second.path()});
  EXPECT_EQ(catalog.resolve(wish("^1")).value()->folder(), newer);
  ASSERT_EQ(catalog.faults().size(), 1U);
  EXPECT_EQ(
      catalog.faults()[0].status.message,
      hidden.string() + ": is hidden by " + (root_.path() / "strategy-canary/1.0.0").string() + "; remove one of them");
}

TEST_F(Catalogs, AMissingRootIsAFaultAndAStrayFileIsNot) {
  install("1.0.0");
  test::PluginRoot::write(root_.path() / "README", "hello");
  const fs::path missing = directory_.path() / "missing";
  const Catalog catalog = Catalog::scan({missing, root_.path()});
  EXPECT_EQ(catalog.packages().size(), 1U);
  ASSERT_EQ(catalog.faults().size(), 1U);
  EXPECT_EQ(catalog.faults()[0].status.message, missing.string() + ": cannot be listed: No such file or directory");
}

}  // namespace
}  // namespace slipway::loader
