#include "host/loader/trust_settings.hpp"

#include <gtest/gtest.h>

#include "host/loader/key_files.hpp"
#include "tests/support/temporary_directory.hpp"

namespace slipway::loader {
namespace {

class TrustSettingsTest : public ::testing::Test {
 protected:
  TrustSettingsTest() { site_.environment = "production"; }
  LoadedTrust load() const { return load_trust(site_, keys_); }

  test::TemporaryDirectory directory_;
  const std::filesystem::path keys_ = directory_.path() / "keys";
  const PublicKey acme_ = PrivateKey::generate().public_key();
  config::SiteConfig site_;
};

TEST_F(TrustSettingsTest, TheLocalKeyCountsInDevelopmentOnlyUnlessToldOtherwise) {
  const PublicKey local = local_key(keys_)->public_key();
  EXPECT_TRUE(load().policy->settings().keys.empty());
  EXPECT_EQ(load().policy->settings().untrusted_local_key, local);
  site_.trust.local_key = config::LocalKey::trusted;
  EXPECT_EQ(load().policy->settings().keys.at(0).key, local);
  site_.trust.local_key = config::LocalKey::in_development;
  site_.environment = "development";
  const TrustedKey trusted = load().policy->settings().keys.at(0);
  EXPECT_EQ(trusted.name, "local");
  EXPECT_EQ(trusted.prefixes, std::vector<std::string>{"*"});
  site_.trust.local_key = config::LocalKey::refused;
  EXPECT_TRUE(load().policy->settings().keys.empty());
}

TEST_F(TrustSettingsTest, WithoutAnyKeyNothingIsTrusted) {
  site_.environment = "development";
  EXPECT_TRUE(load().policy->settings().keys.empty());
  EXPECT_TRUE(load_trust(site_, {}).policy->settings().keys.empty());
}

TEST_F(TrustSettingsTest, ALocalKeyThatOthersCanReplaceIsRefused) {
  ASSERT_TRUE(local_key(keys_).ok());
  std::filesystem::permissions(keys_ / "local.pub", std::filesystem::perms{0666});
  site_.environment = "development";
  const auto loaded = load();
  EXPECT_EQ(loaded.policy, nullptr);
  ASSERT_EQ(loaded.problems.size(), 1U);
  EXPECT_EQ(loaded.problems[0].path, "/trust/local_key");
}

TEST_F(TrustSettingsTest, KeysStandInTheConfigurationOrInFiles) {
  const PublicKey made = make_key(key_files(keys_, "vendor")).value();
  site_.trust.keys = {{"acme", to_string(acme_), "", {"acme."}},
                      {"vendor", "", keys_ / "vendor.pub", {"vendor.", "storage-sqlite"}}};
  const auto loaded = load();
  ASSERT_NE(loaded.policy, nullptr) << loaded.problems.at(0).message;
  const auto& keys = loaded.policy->settings().keys;
  ASSERT_EQ(keys.size(), 2U);
  EXPECT_EQ(keys[0].key, acme_);
  EXPECT_EQ(keys[1].key, made);
  EXPECT_EQ(keys[1].prefixes, (std::vector<std::string>{"vendor.", "storage-sqlite"}));
}

TEST_F(TrustSettingsTest, EveryFaultIsToldAtOnce) {
  site_.trust.keys = {{"none", "", "", {"a."}},
                      {"both", to_string(acme_), "/x", {"a."}},
                      {"bad", "ed25519:x", "", {"a."}},
                      {"gone", "", keys_ / "gone.pub", {"a."}},
                      {"acme", to_string(acme_), "", {"ac*"}},
                      {"twin", to_string(acme_), "", {"b."}}};
  site_.trust.revoked_keys = {"acme"};
  site_.trust.revoked_digests = {"ABC"};
  site_.trust.rules = {{{"", "acme."}, {}, Json{{"netwrk", true}}}};
  const auto loaded = load();
  EXPECT_EQ(loaded.policy, nullptr);
  std::vector<std::string> paths;
  for (const Problem& problem : loaded.problems) paths.push_back(problem.path);
  EXPECT_EQ(paths, (std::vector<std::string>{"/trust/keys/0", "/trust/keys/1", "/trust/keys/2/public_key",
                                             "/trust/keys/3/file", "/trust/keys/4/prefixes/0", "/trust/keys/5",
                                             "/trust/revoked_keys/0", "/trust/revoked_digests/0",
                                             "/trust/rules/0/plugins/0", "/trust/rules/0/permissions/netwrk"}));
  EXPECT_EQ(loaded.problems[0].message, "want either public_key or file for key \"none\"");
  EXPECT_EQ(loaded.problems[5].message, "has the name or the key of \"acme\"; want each once, with all its prefixes");
}

TEST_F(TrustSettingsTest, RulesAndRevocationsAreTakenOver) {
  const std::string digest(64, 'd');
  site_.trust.revoked_keys = {id_of(acme_)};
  site_.trust.revoked_digests = {digest};
  site_.trust.on_revocation = config::OnRevocation::retire;
  site_.trust.rules = {{{"acme."}, {config::RulePlacement::isolated}, Json{{"network", {"*.acme.com"}}}},
                       {{"*"}, {}, Json()}};
  const auto loaded = load();
  ASSERT_NE(loaded.policy, nullptr) << loaded.problems.at(0).message;
  const TrustSettings& settings = loaded.policy->settings();
  EXPECT_EQ(settings.revoked_keys, std::set<std::string>{id_of(acme_)});
  EXPECT_EQ(settings.revoked_digests, std::set<std::string>{digest});
  EXPECT_EQ(settings.on_revocation, OnRevocation::retire);
  ASSERT_EQ(settings.rules.size(), 2U);
  EXPECT_EQ(settings.rules[0].placements, std::vector<manifest::Placement>{manifest::Placement::isolated});
  EXPECT_EQ(settings.rules[0].at_most->network.allowed, std::vector<std::string>{"*.acme.com"});
  EXPECT_FALSE(settings.rules[1].at_most.has_value());
}

}  // namespace
}  // namespace slipway::loader
