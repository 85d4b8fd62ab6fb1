#include "host/loader/signature_document.hpp"

#include <gtest/gtest.h>

namespace slipway::loader {
namespace {

constexpr std::string_view kManifest = R"({"id":"acme.greeter","version":"1.0.0","files":{}})";

std::string fault(const std::string& text) { return parse_signature(text, "plugin.sig").status().message; }

TEST(SignatureDocument, ASignatureOutlivesItsTextAndTheFormattingOfTheManifest) {
  const PrivateKey key = PrivateKey::generate();
  const auto document = parse_signature(to_text(sign_manifest(kManifest, key).value()), "plugin.sig");
  ASSERT_TRUE(document.ok()) << document.status().message;
  EXPECT_EQ(document->key, id_of(key.public_key()));
  EXPECT_TRUE(covers(*document, key.public_key(), kManifest));
  EXPECT_TRUE(covers(*document, key.public_key(),
                     "{\n  \"version\": \"1.0.0\",\n  \"files\": {},\n  \"id\": \"acme.greeter\"\n}\n"));
}

TEST(SignatureDocument, AnotherManifestOrAnotherKeyIsNotCovered) {
  const PrivateKey key = PrivateKey::generate();
  const SignatureDocument document = sign_manifest(kManifest, key).value();
  EXPECT_FALSE(covers(document, key.public_key(), R"({"id":"acme.greeter","version":"1.0.1","files":{}})"));
  EXPECT_FALSE(covers(document, PrivateKey::generate().public_key(), kManifest));
  EXPECT_FALSE(covers(document, key.public_key(), "no document"));
}

TEST(SignatureDocument, EveryFaultIsNamed) {
  EXPECT_EQ(fault(R"({"algorithm":"rsa","key":"ABC","signature":"AA=="})"),
            "plugin.sig: /algorithm: is \"rsa\"; want \"ed25519\"\n"
            "plugin.sig: /key: is \"ABC\"; want a key's id: 32 lower-case hexadecimal digits\n"
            "plugin.sig: /signature: is \"AA==\"; want 64 bytes in base64, which are 88 characters");
  EXPECT_EQ(fault("{}"),
            "plugin.sig: /algorithm: is missing\nplugin.sig: /key: is missing\nplugin.sig: /signature: is missing");
  EXPECT_EQ(fault(R"({"algorithm":1,"key":"","signature":"","more":0})").find("plugin.sig: /"), 0U);
}

TEST(SignatureDocument, OnlyTheThreeFieldsAreAllowed) {
  const std::string text = to_text(sign_manifest(kManifest, PrivateKey::generate()).value());
  EXPECT_NE(fault("{\"more\":1," + text.substr(1)).find("/more"), std::string::npos);
  EXPECT_NE(fault("{\"key\":\"\"," + text.substr(1)).find("occurs twice"), std::string::npos);
}

TEST(SignatureDocument, WhatIsTooLargeOrNoDocumentIsRefused) {
  EXPECT_EQ(fault(std::string(kSignatureDocumentBytes + 1, ' ')),
            "plugin.sig: the document has 1025 bytes, at most 1024 are allowed");
  EXPECT_NE(fault("ed25519"), "");
  EXPECT_NE(fault(R"([[[["deep"]]]])"), "");
  EXPECT_NE(fault("\xff\xfe"), "");
}

}  // namespace
}  // namespace slipway::loader
