// A package is changed while it is loaded, at each point of the order of checks and in each way that a file can change:
// whatever happens, no byte is mapped that was not verified.
#include <gtest/gtest.h>

#include <fstream>

#include "host/loader/key_files.hpp"
#include "host/loader/sign_package.hpp"
#include "host/loader/trust.hpp"
#include "tests/unit/host/loader/loading.hpp"

namespace slipway::loader {
namespace {

namespace fs = std::filesystem;

constexpr const char* kPoints[] = {"open_files",      "read_manifest",     "match_listing",   "store_files",
                                   "match_digests",   "check_signature",   "read_library",    "match_abi",
                                   "refuse_resident", "match_stored_copy", "map_stored_copy", "match_mapped_file",
                                   "call_entry",      "check_table"};

std::string bytes_of(const fs::path& path) {
  std::ifstream file(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(file), {}};
}

// The paths of this process's mappings that lie below a folder.
std::set<std::string> mapped_below(const fs::path& folder) {
  std::set<std::string> paths;
  std::ifstream maps("/proc/self/maps");
  for (std::string line; std::getline(maps, line);) {
    if (const auto at = line.find(folder.string()); at != line.npos) paths.insert(line.substr(at));
  }
  return paths;
}

// The attacker owns the package's folder and has a plugin of his own, which his own key has signed.
class Race : public ::testing::Test {
 protected:
  Race() {
    EXPECT_TRUE(sign_package(evil_, evil_key_).ok());
    library_ = folder() / "gate-fixture.so";
  }
  fs::path folder() const { return directory_.path() / "root/gate-fixture/1.0.0"; }
  // A signed package as it should be.
  Installed fresh() {
    fs::remove_all(folder());
    fs::remove_all(directory_.path() / "store");
    root_.install({});
    EXPECT_TRUE(sign_package(folder(), key_).ok());
    digest_ = base::sha256_hex_of_file(library_).value();
    return Catalog::scan({root_.path()}).packages().at(0);
  }
  // Loads while `deed` is done before the check at `point`; then the package is good or refused, and nothing else.
  void race(const char* point, const std::function<void()>& deed) {
    SCOPED_TRACE(point);
    const Installed package = fresh();
    bool done = false;
    Loader loader({.store = directory_.path() / "store",
                   .before_check =
                       [&](std::string_view check) {
                         if (check != point || std::exchange(done, true)) return;
                         deed();
                       }},
                  policy_);
    const auto library = loader.load(package);
    EXPECT_TRUE(done);
    for (const std::string& path : mapped_below(directory_.path())) {
      EXPECT_EQ(path, (directory_.path() / "store" / digest_).string());
      EXPECT_EQ(base::sha256_hex(bytes_of(path)), digest_);
    }
    if (library.ok()) {
      EXPECT_EQ((*library)->digest(), digest_);
      expect_alive(**library);
    } else {
      EXPECT_EQ(library.status().message.find("plugin gate-fixture 1.0.0: "), 0U) << library.status().message;
      ++refused_;
    }
  }
  static void expect_alive(const Library& library) {
    slipway_instance* instance = nullptr;
    slipway_blob error{};
    const slipway_host host{};
    ASSERT_EQ(library.table().create(&host, {}, &instance, &error), SLIPWAY_OK);
    library.table().destroy(instance);
  }
  void race_everywhere(const std::function<void()>& deed) {
    for (const char* point : kPoints) race(point, deed);
    // What comes before the copies are made is seen, what comes after them is too late.
    EXPECT_GT(refused_, 0);
    EXPECT_LT(refused_, static_cast<int>(std::size(kPoints)));
  }

  test::TemporaryDirectory directory_;
  test::TemporaryDirectory elsewhere_;
  test::PluginRoot root_{directory_.path() / "root"};
  const fs::path evil_ = test::PluginRoot(elsewhere_.path()).install({.fixture = "answers_twice"});
  const fs::path evil_library_ = evil_ / "gate-fixture.so";
  const PrivateKey key_ = PrivateKey::generate();
  const PrivateKey evil_key_ = PrivateKey::generate();
  const TrustPolicy policy_{TrustSettings{
      .keys = {{"acme", key_.public_key(), {"gate-fixture"}}, {"evil", evil_key_.public_key(), {"evil."}}}}};
  fs::path library_;
  std::string digest_;
  int refused_ = 0;
};

TEST_F(Race, IsRunAtEveryPointThatThereIs) {
  std::vector<std::string> points;
  Loader loader({.store = directory_.path() / "store",
                 .before_check = [&](std::string_view check) { points.emplace_back(check); }},
                policy_);
  ASSERT_TRUE(loader.load(fresh()).ok());
  EXPECT_EQ(points, std::vector<std::string>(std::begin(kPoints), std::end(kPoints)));
}

TEST_F(Race, TheLibraryIsReplacedByAnother) {
  for (const char* point : kPoints) {
    race(point, [&] {
      fs::copy_file(evil_library_, directory_.path() / "new.so", fs::copy_options::overwrite_existing);
      fs::rename(directory_.path() / "new.so", library_);
    });
  }
  // Before the files are opened it is seen; what was open then is what is loaded.
  EXPECT_EQ(refused_, 1);
}

TEST_F(Race, TheLibraryIsOverwrittenInPlace) {
  race_everywhere([&] {
    const std::string bytes = bytes_of(evil_library_);
    std::fstream file(library_, std::ios::in | std::ios::out | std::ios::binary);
    file << bytes << std::flush;
  });
}

TEST_F(Race, TheLibraryIsTruncated) {
  race_everywhere([&] { fs::resize_file(library_, 4096); });
}

TEST_F(Race, TheLibraryBecomesALinkToAnother) {
  for (const char* point : kPoints) {
    race(point, [&] {
      fs::remove(library_);
      fs::create_symlink(evil_library_, library_);
    });
  }
  EXPECT_EQ(refused_, 1);
}

TEST_F(Race, TheLibraryBecomesASecondNameOfAnotherAndThatIsOverwritten) {
  race_everywhere([&] {
    // The open file and the attacker's name are one inode.
    fs::create_hard_link(library_, directory_.path() / "alias.so");
    test::PluginRoot::write(directory_.path() / "alias.so", bytes_of(evil_library_));
    fs::remove(directory_.path() / "alias.so");
  });
}

TEST_F(Race, TheManifestIsReplacedByThatOfTheAttackersLibrary) {
  race_everywhere([&] {
    test::PluginRoot::write(library_, bytes_of(evil_library_));
    test::PluginRoot::write(folder() / "plugin.json", bytes_of(evil_ / "plugin.json"));
  });
}

TEST_F(Race, TheWholePackageBecomesTheAttackersWithHisSignature) {
  race_everywhere([&] {
    for (const char* name : {"gate-fixture.so", "plugin.json", "plugin.sig"})
      test::PluginRoot::write(folder() / name, bytes_of(evil_ / name));
  });
}

TEST_F(Race, TheFolderBecomesALinkToTheAttackersPackage) {
  for (const char* point : kPoints) {
    race(point, [&] {
      fs::rename(folder(), directory_.path() / "moved");
      fs::create_directory_symlink(evil_, folder());
    });
    fs::remove(folder());
    fs::remove_all(directory_.path() / "moved");
  }
  EXPECT_EQ(refused_, 1);
}

TEST_F(Race, ACopyInTheStoreThatSomebodyTouchedIsNotMapped) {
  const auto stored = [&] { return directory_.path() / "store" / digest_; };
  for (const char* point : {"check_signature", "read_library", "match_abi", "refuse_resident", "match_stored_copy"}) {
    race(point, [&] {
      fs::permissions(stored(), fs::perms::owner_all);
      test::PluginRoot::write(stored(), bytes_of(evil_library_));
    });
    race(point, [&] {
      fs::remove(stored());
      fs::copy_file(evil_library_, stored());
    });
  }
  EXPECT_EQ(refused_, 10);
}

// What nobody but this user could do, and what is found all the same: another file under the copy's name.
TEST_F(Race, AnotherFileInThePlaceOfTheCopyIsNeverAskedForItsTable) {
  const auto stored = [&] { return directory_.path() / "store" / digest_; };
  const Installed package = fresh();
  std::vector<std::string> points;
  Loader loader({.store = directory_.path() / "store",
                 .before_check =
                     [&](std::string_view check) {
                       points.emplace_back(check);
                       if (check != "map_stored_copy") return;
                       fs::remove(stored());
                       fs::copy_file(evil_library_, stored());
                     }},
                policy_);
  const auto refused = loader.load(package);
  EXPECT_NE(refused.status().message.find("what was mapped is not the file that was verified"), std::string::npos)
      << refused.status().message;
  EXPECT_EQ(points.back(), "match_mapped_file");
  EXPECT_EQ(mapped_below(directory_.path()), std::set<std::string>());
}

TEST_F(Race, ACopyThatHadASecondNameBeforeIsNotTheOneThatIsMapped) {
  const Installed package = fresh();
  const fs::path stored = directory_.path() / "store" / digest_;
  const fs::path planted = directory_.path() / "planted.so";
  // Somebody who once could write to the store left what it should hold, and kept a name for it.
  fs::create_directory(stored.parent_path());
  fs::permissions(stored.parent_path(), fs::perms::owner_all);
  fs::copy_file(library_, planted);
  fs::create_hard_link(planted, stored);
  Loader loader({.store = stored.parent_path(),
                 .before_check =
                     [&](std::string_view check) {
                       if (check == "map_stored_copy") test::PluginRoot::write(planted, bytes_of(evil_library_));
                     }},
                policy_);
  const auto library = loader.load(package);
  ASSERT_TRUE(library.ok()) << library.status().message;
  EXPECT_EQ(base::sha256_hex(bytes_of(stored)), digest_);
  expect_alive(**library);
}

TEST_F(Race, ARunningGenerationSurvivesEverythingThatHappensToItsPackage) {
  const Installed package = fresh();
  Loader loader({.store = directory_.path() / "store"}, policy_);
  const auto library = loader.load(package);
  ASSERT_TRUE(library.ok()) << library.status().message;
  test::PluginRoot::write(library_, bytes_of(evil_library_));
  expect_alive(**library);
  fs::resize_file(library_, 0);
  expect_alive(**library);
  fs::remove_all(folder());
  expect_alive(**library);
  loader.sweep();
  expect_alive(**library);
}

}  // namespace
}  // namespace slipway::loader
