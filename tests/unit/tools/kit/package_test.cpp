#include "tools/kit/package.hpp"

#include <gtest/gtest.h>

#include <fstream>

#include "tests/support/temporary_directory.hpp"

namespace slipway::kit {
namespace {

class PackageFolder : public testing::Test {
 protected:
  std::string add(const std::string& path) {
    std::filesystem::create_directories(folder / path);
    return (folder / path).string();
  }
  std::string add_package(const std::string& path) {
    const std::string made = add(path);
    std::ofstream(made + "/plugin.json") << "{}";
    return made;
  }
  const test::TemporaryDirectory temporary;
  const std::filesystem::path folder = temporary.path();
};

TEST_F(PackageFolder, ThatHoldsPluginJsonIsOne) { EXPECT_EQ(check_folder(add_package("acme.echo/1.0.0")), Status()); }

TEST_F(PackageFolder, ThatHoldsPackagesIsToldWithOneOfThem) {
  add("acme.aside/build");
  const std::string package = add_package("acme.echo/1.0.0");
  add_package("acme.echo/1.1.0");
  for (const std::string& path : {folder.string(), folder.string() + "/acme.echo"}) {
    EXPECT_EQ(check_folder(path).message,
              path + ": has no plugin.json, so it is no package; name the folder of one version, " + package);
  }
}

TEST_F(PackageFolder, WithoutAnyIsToldWhatToName) {
  EXPECT_EQ(check_folder(folder).message,
            folder.string() + ": has no plugin.json, so it is no package; name the folder of one version, ID/VERSION");
}

TEST_F(PackageFolder, ThatIsNotThereIsTold) {
  EXPECT_EQ(check_folder("/nowhere").message, "/nowhere: is no folder; name the one that holds plugin.json");
}

}  // namespace
}  // namespace slipway::kit
