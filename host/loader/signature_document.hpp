// plugin.sig: who signed a package, and the signature over the canonical bytes of its plugin.json. Plain values.
#pragma once

#include <cstddef>
#include <slipway/document.hpp>
#include <slipway/status.hpp>
#include <string>
#include <string_view>

#include "host/loader/ed25519.hpp"

namespace slipway::loader {

inline constexpr std::string_view kSignatureAlgorithm = "ed25519";
inline constexpr std::size_t kSignatureDocumentBytes = 1'024;

struct SignatureDocument {
  std::string algorithm;
  std::string key;  // id_of the public key
  SignatureBytes signature{};
};

// Strict: exactly the three fields, each in its one spelling. INVALID_ARGUMENT with every fault; `source` begins the
// message.
Result<SignatureDocument> parse_signature(std::string_view text, const std::string& source);
// The document as text, with a line end.
std::string to_text(const SignatureDocument& document);

// Signs the canonical bytes of a plugin.json. INVALID_ARGUMENT when the text is no JSON.
Result<SignatureDocument> sign_manifest(std::string_view manifest, const PrivateKey& key);
// Whether the document is this key's word on this plugin.json, however that is formatted.
bool covers(const SignatureDocument& document, const PublicKey& key, std::string_view manifest);

}  // namespace slipway::loader
