#include "host/loader/inspect.hpp"

#include <gtest/gtest.h>

#include "host/loader/loader.hpp"
#include "host/loader/sign_package.hpp"
#include "tests/support/plugin_package.hpp"
#include "tests/support/temporary_directory.hpp"

namespace slipway::loader {
namespace {

namespace fs = std::filesystem;

class Inspect : public ::testing::Test {
 protected:
  Inspect() { EXPECT_TRUE(sign_package(folder_, key_).ok()); }
  PackageReport report() const { return inspect_package(folder_, policy_).value(); }

  test::TemporaryDirectory directory_;
  const PrivateKey key_ = PrivateKey::generate();
  const TrustPolicy policy_{TrustSettings{.keys = {{"acme", key_.public_key(), {"gate-fixture"}}}}};
  const fs::path folder_ = test::PluginRoot(directory_.path()).install({});
};

TEST_F(Inspect, ASoundPackageIsDescribedWholly) {
  const PackageReport seen = report();
  EXPECT_TRUE(seen.faults.empty()) << seen.faults.front();
  EXPECT_EQ(seen.id, "gate-fixture");
  EXPECT_EQ(seen.version, "1.0.0");
  EXPECT_EQ(seen.abi, "1.0 to 1.0");
  EXPECT_EQ(seen.interfaces, std::vector<std::string>{"slipway.gate/1"});
  EXPECT_EQ(seen.library.exports, std::vector<std::string>{"slipway_plugin_entry"});
  EXPECT_EQ(seen.signature.state, "trusted");
  EXPECT_EQ(seen.signature.name, "acme");
  EXPECT_EQ(seen.signature.key, id_of(key_.public_key()));
  std::vector<std::string> files;
  for (const InspectedFile& file : seen.files) files.push_back(file.path + ": " + file.state);
  EXPECT_EQ(files, (std::vector<std::string>{"gate-fixture.so: as listed", "plugin.json: not for listing",
                                             "plugin.sig: not for listing"}));
}

TEST_F(Inspect, EveryFaultIsInTheReport) {
  fs::remove(folder_ / "plugin.sig");
  test::PluginRoot::write(folder_ / "extra", "x");
  test::PluginRoot::write(folder_ / "gate-fixture.so", "no library");
  const PackageReport seen = report();
  EXPECT_EQ(seen.signature.state, "missing");
  ASSERT_EQ(seen.faults.size(), 4U);
  EXPECT_EQ(seen.faults[0], (folder_ / "extra").string() + ": is not listed in plugin.json");
  EXPECT_NE(seen.faults[1].find("gate-fixture.so: has the SHA-256 "), std::string::npos);
  EXPECT_NE(seen.faults[2].find("ELF"), std::string::npos);
  EXPECT_NE(seen.faults[3].find("plugin.sig: is missing"), std::string::npos);
}

TEST_F(Inspect, AFolderWithAnyNameIsVerifiedAsAHostWould) {
  const fs::path elsewhere = directory_.path() / "unpacked";
  fs::rename(folder_, elsewhere);
  const Loader loader({.store = directory_.path() / "store"}, policy_);
  const auto verified = loader.verify(installed_at(elsewhere).value());
  ASSERT_TRUE(verified.ok()) << verified.status().message;
  EXPECT_EQ(verified->signer, (Signer{id_of(key_.public_key()), "acme"}));
}

TEST_F(Inspect, WhatIsNoPackageIsSaid) {
  EXPECT_EQ(inspect_package(directory_.path() / "nothing", policy_).status().code, Code::not_found);
  fs::remove(folder_ / "plugin.json");
  EXPECT_NE(inspect_package(folder_, policy_).status().message.find("plugin.json: cannot be opened"),
            std::string::npos);
}

}  // namespace
}  // namespace slipway::loader
