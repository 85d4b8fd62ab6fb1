#include "host/loader/ed25519.hpp"

#include <gtest/gtest.h>

#include <algorithm>

namespace slipway::loader {
namespace {

// RFC 8032, section 7.1, test 1: the empty message.
constexpr std::string_view kRfcKey = "ed25519:11qYAYKxCrfVS/7TyWQHOg7hcvPapiMlrwIaaPcHURo=";
constexpr std::string_view kRfcSignature =
    "5VZDAMNgrHKQhuLMgG6CioSHfx645dl02HPgZSJJAVVfuIIVkKM7rMYeOXAc+bRr0lv18FlbviRlUUFDjnoQCw==";

SignatureBytes bytes_of(std::string_view base64) {
  const std::string text = from_base64(base64, 64).value();
  SignatureBytes bytes{};
  std::copy(text.begin(), text.end(), bytes.begin());
  return bytes;
}

TEST(Ed25519, TheVectorOfTheStandardHolds) {
  const PublicKey key = parse_public_key(kRfcKey).value();
  EXPECT_TRUE(verify(key, "", bytes_of(kRfcSignature)));
  EXPECT_FALSE(verify(key, "x", bytes_of(kRfcSignature)));
}

TEST(Ed25519, WhatAKeySignedIsItsWordAndNobodyElses) {
  const PrivateKey key = PrivateKey::generate();
  SignatureBytes signature = key.sign("release");
  EXPECT_TRUE(verify(key.public_key(), "release", signature));
  EXPECT_FALSE(verify(key.public_key(), "releasf", signature));
  EXPECT_FALSE(verify(PrivateKey::generate().public_key(), "release", signature));
  for (const std::size_t at : {std::size_t{0}, std::size_t{31}, std::size_t{32}, std::size_t{63}}) {
    SignatureBytes changed = signature;
    changed[at] ^= 1U;
    EXPECT_FALSE(verify(key.public_key(), "release", changed)) << at;
  }
}

TEST(Ed25519, AKeyOutlivesItsTextForms) {
  const PrivateKey key = PrivateKey::generate();
  const auto again = PrivateKey::from_pem(key.to_pem());
  ASSERT_TRUE(again.ok());
  EXPECT_EQ(again->public_key(), key.public_key());
  EXPECT_EQ(parse_public_key(" " + to_string(key.public_key()) + "\n").value(), key.public_key());
  EXPECT_TRUE(is_key_id(id_of(key.public_key())));
}

TEST(Ed25519, OtherTextsAreNoKeys) {
  for (const std::string_view text :
       {"", "ed25519:", "11qYAYKxCrfVS/7TyWQHOg7hcvPapiMlrwIaaPcHURo=",
        "ed25519:11qYAYKxCrfVS/7TyWQHOg7hcvPapiMlrwIaaPcHURp=", "ed25519:11qYAYKxCrfVS/7TyWQHOg7hcvPapiMlrwIaaPcHUR\n=",
        "rsa:11qYAYKxCrfVS/7TyWQHOg7hcvPapiMlrwIaaPcHURo="}) {
    EXPECT_EQ(parse_public_key(text).status().message,
              "want a public key: \"ed25519:\" and 44 characters of base64, as `slipway key new` prints it")
        << text;
  }
  // An RSA key would be PEM too.
  EXPECT_EQ(PrivateKey::from_pem("-----BEGIN PRIVATE KEY-----\n").status().message,
            "is no private Ed25519 key in PEM without a pass phrase; make one with `slipway key new NAME`");
}

TEST(Ed25519, BytesHaveOneSpellingInBase64) {
  EXPECT_EQ(from_base64("AAECAw==", 4).value(), std::string("\0\1\2\3", 4));
  for (const std::string_view text : {"AAECAw=", "AAECAx==", "AAECAwAA", "AAEC====", " AAECAw="})
    EXPECT_FALSE(from_base64(text, 4).ok()) << text;
}

}  // namespace
}  // namespace slipway::loader
