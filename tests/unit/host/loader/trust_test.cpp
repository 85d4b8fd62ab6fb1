#include "host/loader/trust.hpp"

#include <gtest/gtest.h>

#include "host/base/sha256.hpp"
#include "host/loader/signature_document.hpp"

namespace slipway::loader {
namespace {

constexpr std::string_view kGreeter = R"({"id":"acme.greeter","version":"1.0.0"})";
const std::string kDigest(64, 'a');

// A package of acme's, signed by its key unless a test says otherwise.
class TrustTest : public ::testing::Test {
 protected:
  TrustSettings settings(std::vector<std::string> prefixes = {"acme."}) const {
    return {.keys = {{"acme", acme_.public_key(), std::move(prefixes)}}};
  }
  static std::string signature_of(const PrivateKey& key) { return to_text(sign_manifest(kGreeter, key).value()); }
  SignedManifest package(std::optional<std::string_view> signature) const {
    return {folder_, "acme.greeter", "1.0.0", kGreeter, files_, "acme.greeter.so", signature};
  }
  static std::string refusal(const TrustSettings& settings, const SignedManifest& package) {
    const auto signer = TrustPolicy(settings).check(package);
    return signer.ok() ? "" : std::string(name_of(signer.status().code)) + " " + signer.status().message;
  }

  const PrivateKey acme_ = PrivateKey::generate();
  const std::string id_ = id_of(acme_.public_key());
  const std::string signature_ = signature_of(acme_);
  const std::filesystem::path folder_ = "/plugins/acme.greeter/1.0.0";
  const std::map<std::string, std::string> files_{{"acme.greeter.so", kDigest}};
};

TEST_F(TrustTest, APackageSignedByATrustedKeyNamesItsSigner) {
  const auto signer = TrustPolicy(settings()).check(package(signature_));
  ASSERT_TRUE(signer.ok()) << signer.status().message;
  EXPECT_EQ(*signer, (Signer{id_, "acme"}));
}

TEST_F(TrustTest, AnUnsignedPackageIsRefused) {
  EXPECT_EQ(refusal(settings(), package(std::nullopt)),
            "PERMISSION_DENIED /plugins/acme.greeter/1.0.0/plugin.sig: is missing, so nobody vouches for this package; "
            "get a signed one from its publisher, or sign it with a key that this site trusts: slipway plugin sign "
            "/plugins/acme.greeter/1.0.0 --key NAME");
}

TEST_F(TrustTest, AKeyThatTheSiteDoesNotKnowIsRefused) {
  const PrivateKey other = PrivateKey::generate();
  EXPECT_EQ(refusal(settings(), package(signature_of(other))),
            "PERMISSION_DENIED /plugins/acme.greeter/1.0.0/plugin.sig: is signed by key " + id_of(other.public_key()) +
                ", which this site does not trust; it trusts acme (" + id_ +
                "). Add the publisher's key to trust.keys, or sign the package with a key that is trusted: slipway "
                "plugin sign /plugins/acme.greeter/1.0.0 --key NAME");
  EXPECT_NE(refusal({}, package(signature_)).find("; it trusts no key. "), std::string::npos);
}

TEST_F(TrustTest, TheLocalKeyIsCalledByItsNameWhereItIsNotTrusted) {
  TrustSettings settings;
  settings.untrusted_local_key = acme_.public_key();
  EXPECT_EQ(
      refusal(settings, package(signature_)),
      "PERMISSION_DENIED /plugins/acme.greeter/1.0.0/plugin.sig: is signed by this machine's local key " + id_ +
          ", which is trusted in development only (trust.local_key); have the package signed by a publisher whose "
          "key is in trust.keys");
}

TEST_F(TrustTest, AKeySignsOnlyItsOwnIds) {
  EXPECT_EQ(refusal(settings({"acme-corp.", "storage-sqlite"}), package(signature_)),
            "PERMISSION_DENIED /plugins/acme.greeter/1.0.0/plugin.sig: key acme (" + id_ +
                ") may sign acme-corp., storage-sqlite and not acme.greeter; have it signed by the publisher of that "
                "id, or add the prefix to the key in trust.keys");
}

TEST_F(TrustTest, APrefixEndsAtAWord) {
  EXPECT_TRUE(is_under("acme.greeter", "acme."));
  EXPECT_TRUE(is_under("acme.greeter", "acme.greeter"));
  EXPECT_TRUE(is_under("strategy-canary", "strategy-"));
  EXPECT_TRUE(is_under("anything", "*"));
  EXPECT_FALSE(is_under("acme.greeter", "acme"));
  EXPECT_FALSE(is_under("acmecorp.greeter", "acme"));
  EXPECT_FALSE(is_under("evil.acme.greeter", "acme."));
  EXPECT_FALSE(is_under("acme", "acme."));
  EXPECT_FALSE(is_under("anything", ""));
}

TEST_F(TrustTest, ASignatureOfAnotherManifestIsRefused) {
  const std::string other = to_text(sign_manifest(R"({"id":"acme.greeter","version":"0.9.0"})", acme_).value());
  EXPECT_EQ(refusal(settings(), package(other)),
            "PERMISSION_DENIED /plugins/acme.greeter/1.0.0/plugin.sig: is not key acme (" + id_ +
                ")'s signature of this plugin.json: one of the two was changed after signing; install the package "
                "again, or have it signed anew");
}

TEST_F(TrustTest, ASignatureThatNamesAnotherKeyThanItsOwnIsRefused) {
  std::string forged = signature_of(PrivateKey::generate());
  const auto at = forged.find("\"key\":\"") + 7;
  forged.replace(at, 32, id_);
  EXPECT_NE(refusal(settings(), package(forged)).find("is not key acme ("), std::string::npos);
}

TEST_F(TrustTest, ARevokedKeyCountsNoMoreAlsoWhenItIsListed) {
  TrustSettings settings = this->settings();
  settings.revoked_keys.insert(id_);
  EXPECT_EQ(refusal(settings, package(signature_)),
            "PERMISSION_DENIED /plugins/acme.greeter/1.0.0/plugin.sig: is signed by key acme (" + id_ +
                "), which this site has revoked (trust.revoked_keys); install a version that another key has signed");
  settings.keys.clear();
  EXPECT_NE(refusal(settings, package(signature_)).find("is signed by key " + id_ + ", which this site has revoked"),
            std::string::npos);
}

TEST_F(TrustTest, ARevokedFileIsRefusedThoughItsSignatureIsGood) {
  TrustSettings settings = this->settings();
  settings.revoked_digests.insert(kDigest);
  EXPECT_EQ(refusal(settings, package(signature_)),
            "PERMISSION_DENIED /plugins/acme.greeter/1.0.0/acme.greeter.so: has the SHA-256 " + kDigest +
                ", which this site has revoked (trust.revoked_digests); install another version of the plugin");
  settings.revoked_digests = {base::sha256_hex(kGreeter)};
  EXPECT_NE(refusal(settings, package(signature_)).find("/plugin.json: has the SHA-256 "), std::string::npos);
}

TEST_F(TrustTest, ASignatureThatIsNoneIsRefusedByItsFault) {
  EXPECT_EQ(refusal(settings(), package("{}")).find("INVALID_ARGUMENT /plugins/acme.greeter/1.0.0/plugin.sig: /"), 0U);
}

class TrustRules : public TrustTest {
 protected:
  std::string refusal(std::string_view id, manifest::Placement placement) {
    return TrustPolicy(settings_).check_use({"hello", id, placement, granted_}).message;
  }
  TrustSettings settings_;
  manifest::Permissions granted_;
};

TEST_F(TrustRules, WithoutARuleAPluginRunsAsTheProfileSays) {
  granted_.network = {{"*"}};
  settings_.rules.push_back({{"other."}, {manifest::Placement::isolated}, manifest::Permissions()});
  EXPECT_EQ(refusal("acme.greeter", manifest::Placement::in_process), "");
}

TEST_F(TrustRules, ARuleSaysWhereAPluginRuns) {
  settings_.rules.push_back({{"storage-sqlite"}, {}, std::nullopt});
  settings_.rules.push_back({{"acme."}, {manifest::Placement::isolated}, std::nullopt});
  EXPECT_EQ(refusal("acme.greeter", manifest::Placement::isolated), "");
  EXPECT_EQ(
      refusal("acme.greeter", manifest::Placement::in_process),
      "instance \"hello\": acme.greeter may not run in-process: trust.rules/1 of the site allows isolated; set its "
      "placement in the profile, or change the rule");
}

TEST_F(TrustRules, ARuleBoundsWhatAProfileMayGrant) {
  manifest::Permissions most;
  most.network = {{"*.acme.com"}};
  settings_.rules.push_back({{"acme."}, {}, most});
  granted_.network = {{"api.acme.com"}};
  EXPECT_EQ(refusal("acme.greeter", manifest::Placement::in_process), "");
  granted_.network = {{"api.acme.com", "*"}};
  granted_.processes = {{"bash"}};
  EXPECT_EQ(
      refusal("acme.greeter", manifest::Placement::in_process),
      "instance \"hello\": acme.greeter may not have network (*), processes (bash): trust.rules/0 of the site does "
      "not allow it; grant it less, by its permissions in the profile, or change the rule");
}

TEST_F(TrustRules, TheFirstRuleThatHoldsAnIdDecides) {
  settings_.rules.push_back({{"acme.greeter"}, {}, std::nullopt});
  settings_.rules.push_back({{"*"}, {manifest::Placement::isolated}, std::nullopt});
  EXPECT_EQ(refusal("acme.greeter", manifest::Placement::in_process), "");
  EXPECT_NE(refusal("acme.other", manifest::Placement::in_process), "");
}

TEST_F(TrustTest, WhatWasLetInIsReportedOnceItIsRevoked) {
  CurrentTrust trust(std::make_shared<const TrustPolicy>(settings()));
  ASSERT_TRUE(trust.check(package(signature_)).ok());
  EXPECT_TRUE(trust.revocations().empty());
  EXPECT_EQ(trust.revoked(kDigest), std::nullopt);
  TrustSettings stricter = settings();
  stricter.revoked_keys.insert(id_);
  trust.replace(std::make_shared<const TrustPolicy>(stricter));
  const auto list = trust.revocations();
  ASSERT_EQ(list.size(), 1U);
  EXPECT_EQ(list[0].id, "acme.greeter");
  EXPECT_EQ(list[0].version, "1.0.0");
  EXPECT_EQ(list[0].signer, (Signer{id_, "acme"}));
  EXPECT_EQ(trust.revoked(kDigest), list[0].reason);
  trust.replace(std::make_shared<const TrustPolicy>(settings()));
  EXPECT_EQ(trust.revoked(kDigest), std::nullopt);
}

TEST_F(TrustTest, WhatWasNeverLetInIsNotReported) {
  CurrentTrust trust(std::make_shared<const TrustPolicy>(TrustSettings()));
  EXPECT_FALSE(trust.check(package(signature_)).ok());
  trust.replace(std::make_shared<const TrustPolicy>(TrustSettings()));
  EXPECT_TRUE(trust.revocations().empty());
}

}  // namespace
}  // namespace slipway::loader
