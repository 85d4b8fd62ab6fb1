#include "tools/kit/signature.hpp"

#include <gtest/gtest.h>

#include <fstream>

#include "host/loader/key_files.hpp"
#include "host/loader/sign_package.hpp"
#include "tests/support/temporary_directory.hpp"

namespace slipway::kit {
namespace {

class Signatures : public ::testing::Test {
 protected:
  Signatures() {
    package_.folder = folder_.path() / "package";
    std::filesystem::create_directory(package_.folder);
    write_manifest("first");
  }
  void write_manifest(const std::string& description) {
    std::ofstream(package_.folder / "plugin.json") << R"({"id": "acme.echo", "description": ")" << description << "\"}";
  }
  void sign(const loader::PrivateKey& key) {
    const auto done = loader::sign_package(package_.folder, key);
    ASSERT_TRUE(done.ok()) << to_string(done.status());
  }
  [[nodiscard]] std::string file() const { return (package_.folder / "plugin.sig").string(); }

  test::TemporaryDirectory folder_;
  Package package_;
  const loader::PrivateKey key_ = loader::PrivateKey::generate();
  const std::string id_ = loader::id_of(key_.public_key());
};

TEST_F(Signatures, OfTheKeyAtHandAreNamed) {
  sign(key_);
  EXPECT_EQ(check_signature(package_, key_.public_key()).value(), "signed with key " + id_);
}

TEST_F(Signatures, OfAManifestThatWasChangedAreRefused) {
  sign(key_);
  write_manifest("second");
  EXPECT_EQ(check_signature(package_, key_.public_key()).status(),
            Status(Code::failed_precondition,
                   file() + ": is not key " + id_ +
                       "'s signature of this plugin.json: one of the two was changed after signing; sign it anew"));
}

TEST_F(Signatures, ThatAreNoneAreRefused) {
  std::ofstream(file()) << "{}";
  EXPECT_EQ(check_signature(package_, key_.public_key()).status().code, Code::failed_precondition);
}

TEST_F(Signatures, OfAnotherKeyCanNotBeJudged) {
  sign(key_);
  EXPECT_EQ(check_signature(package_, loader::PrivateKey::generate().public_key()).status(),
            Status(Code::not_found, file() + ": is signed with key " + id_ +
                                        ", which is not the one at hand; name its public half with --key FILE"));
}

TEST_F(Signatures, AreMissingFromAPackageThatNobodySigned) {
  EXPECT_EQ(check_signature(package_, key_.public_key()).status(),
            Status(Code::not_found, "the package is not signed; no host takes it before slipway plugin sign " +
                                        package_.folder.string() + " --key NAME"));
}

TEST_F(Signatures, AreHeldAgainstTheKeyInAFile) {
  const auto files = loader::key_files(folder_.path() / "keys", "release");
  const auto made = loader::make_key(files);
  ASSERT_TRUE(made.ok()) << to_string(made.status());
  EXPECT_EQ(read_signer(files.public_half).value(), std::optional(*made));
}

}  // namespace
}  // namespace slipway::kit
