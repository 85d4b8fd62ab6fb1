// A package is changed on its way into a worker, at each point up to the first contact: what the worker maps is what
// was verified, also in its next life.
#include <fcntl.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include "host/loader/catalog.hpp"
#include "host/loader/loader.hpp"
#include "tests/support/plugin_package.hpp"
#include "tests/support/temporary_directory.hpp"
#include "tests/support/unchecked_signatures.hpp"
#include "tests/unit/host/isolation/rig.hpp"

namespace slipway::isolation {
namespace {

namespace fs = std::filesystem;

constexpr const char* kWay[] = {"open_files",    "read_manifest",   "match_listing", "store_files",
                                "match_digests", "check_signature", "read_library",  "match_abi"};
constexpr const char* kFirstContact = "first contact";
constexpr const char* kStart = "start";

struct Deed {
  const char* what;
  void (*change)(const fs::path& library, const fs::path& other);
};
void PrintTo(const Deed& deed, std::ostream* out) { *out << deed.what; }

void replace(const fs::path& library, const fs::path& other) {
  fs::copy_file(other, library.string() + ".new");
  fs::rename(library.string() + ".new", library);
}
void overwrite(const fs::path& library, const fs::path& other) {
  fs::copy_file(other, library, fs::copy_options::overwrite_existing);
}
void truncate(const fs::path& library, const fs::path&) { fs::resize_file(library, 4096); }
void link_to(const fs::path& library, const fs::path& other) {
  fs::remove(library);
  fs::create_symlink(other, library);
}

class WorkerRace : public IsolatedTest, public testing::WithParamInterface<Deed> {
 protected:
  // A package whose library is changed before `point`.
  void race(const std::string& point) {
    SCOPED_TRACE(point);
    const test::TemporaryDirectory folder;
    const test::PluginRoot root(folder.path() / "root");
    const fs::path library = root.install({.fixture = "worker_tricks"}) / "gate-fixture.so";
    const std::string digest = base::sha256_hex_of_file(library).value();
    std::vector<std::string> points;
    const auto come_to = [&](std::string_view here) {
      points.emplace_back(here);
      if (here == point) GetParam().change(library, fs::path(SLIPWAY_FIXTURES) / "sound.so");
    };
    const test::UncheckedSignatures unchecked;
    const loader::Loader loader({.store = folder.path() / "store", .before_check = come_to}, unchecked);
    auto package = loader.verify(loader::Catalog::scan({root.path()}).packages().at(0));
    if (!package.ok()) {
      ++refused_;
      return;
    }
    EXPECT_EQ(points, std::vector<std::string>(std::begin(kWay), std::end(kWay)));
    come_to(kFirstContact);
    EXPECT_EQ(check_in_worker(runtime, *package, isolation), Status());
    come_to(kStart);
    live_twice(*package, digest);
  }
  void live_twice(const loader::VerifiedPackage& package, const std::string& digest) {
    const auto made = make(package);
    ASSERT_TRUE(made.ok()) << to_string(made.status());
    instance = made->instance;
    worker = made->worker;
    ASSERT_EQ(runtime::await_on(runtime, instance->start(seconds(10))), Status());
    expect_verified(digest);
    ::kill(worker->status().process, SIGKILL);
    ASSERT_TRUE(eventually([&] { return worker->status().restarts == 1; }));
    ASSERT_TRUE(runs_again());
    expect_verified(digest);
    EXPECT_EQ(stop(), Status());
    instance.reset();
  }
  // By what it answers, and by the file that it maps where this user may look at it.
  void expect_verified(const std::string& digest) {
    EXPECT_EQ(say("echo verified"), "verified");
    const std::string file =
        "/proc/" + std::to_string(worker->status().process) + "/fd/" + std::to_string(kLibraryNumber);
    if (::access(file.c_str(), R_OK) == 0) {
      EXPECT_EQ(base::sha256_hex_of_file(file).value(), digest);
    }
  }

  int refused_ = 0;
};

TEST_P(WorkerRace, maps_what_was_verified_or_is_refused) {
  for (const char* point : kWay) race(point);
  // What comes before the copy is made is seen, what comes after it is too late.
  EXPECT_GT(refused_, 0);
  EXPECT_LT(refused_, static_cast<int>(std::size(kWay)));
  const int before = refused_;
  race(kFirstContact);
  race(kStart);
  EXPECT_EQ(refused_, before);
}

INSTANTIATE_TEST_SUITE_P(Deeds, WorkerRace,
                         testing::Values(Deed{"replaced", replace}, Deed{"overwritten", overwrite},
                                         Deed{"truncated", truncate}, Deed{"linked", link_to}),
                         [](const auto& deed) { return std::string(deed.param.what); });

}  // namespace
}  // namespace slipway::isolation
