#include "host/base/sha256.hpp"

#include <gtest/gtest.h>

#include "host/base/files.hpp"
#include "tests/support/temporary_directory.hpp"

namespace slipway::base {
namespace {

// FIPS 180-4 examples.
constexpr auto kOfAbc = "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad";
constexpr auto kOfNothing = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855";

TEST(Sha256, KnownTextsHaveTheirPublishedDigests) {
  EXPECT_EQ(sha256_hex("abc"), kOfAbc);
  EXPECT_EQ(sha256_hex(""), kOfNothing);
}

TEST(Sha256, PiecesGiveTheDigestOfTheWhole) {
  Sha256 sum;
  sum.update("a");
  sum.update("");
  sum.update("bc");
  EXPECT_EQ(sum.hex(), kOfAbc);
}

TEST(Sha256, AFileHasTheDigestOfItsBytesAndIsRefusedAboveTheCap) {
  const test::TemporaryDirectory folder;
  const auto path = folder.path() / "file";
  const std::string bytes(200'000, 'x');
  ASSERT_TRUE(write_private_file(path, bytes).ok());
  EXPECT_EQ(*sha256_hex_of_file(path), sha256_hex(bytes));
  EXPECT_EQ(sha256_hex_of_file(path, 199'999).status().message,
            path.string() + ": has more than the 199999 bytes allowed");
  EXPECT_EQ(sha256_hex_of_file(folder.path()).status().message, folder.path().string() + ": is no regular file");
}

TEST(Sha256, OnlySixtyFourLowerCaseDigitsLookLikeADigest) {
  EXPECT_TRUE(is_sha256_hex(kOfAbc));
  EXPECT_FALSE(is_sha256_hex("ba78"));
  EXPECT_FALSE(is_sha256_hex(std::string(64, 'A')));
}

}  // namespace
}  // namespace slipway::base
