#include "host/loader/signature_document.hpp"

#include <algorithm>

#include "host/loader/canonical_json.hpp"

namespace slipway::loader {
namespace {

constexpr JsonLimits kManifestLimits{.bytes = std::size_t{1} << 20, .depth = 64};

// As it is written; the bytes of the signature are still base64.
struct Written {
  std::string algorithm;
  std::string key;
  std::string signature;
  static constexpr auto fields() {
    return slipway::fields(required("algorithm", &Written::algorithm, "ed25519."),
                           required("key", &Written::key, "Id of the public key."),
                           required("signature", &Written::signature, "64 bytes in base64."));
  }
};

std::string_view view_of(const SignatureBytes& bytes) {
  return {reinterpret_cast<const char*>(bytes.data()), bytes.size()};
}

Status refuse(const std::string& source, Problems problems) {
  std::string text;
  for (const Problem& problem : problems)
    text += (text.empty() ? source + ": " : "\n" + source + ": ") + problem.path + ": " +
            (problem.value.empty() ? "" : "is " + problem.value + "; ") + problem.message;
  return {Code::invalid_argument, std::move(text), std::move(problems)};
}

std::string quoted(const std::string& text) {
  return slipway::to_text(Json(text.size() <= 80 ? text : text.substr(0, 77) + "..."));
}

}  // namespace

Result<SignatureDocument> parse_signature(std::string_view text, const std::string& source) {
  auto json = parse_json(text, {.bytes = kSignatureDocumentBytes, .depth = 2});
  if (!json.ok()) return Status(Code::invalid_argument, source + ": " + json.status().message);
  const auto written = decode<Written>(std::move(*json), "signature", Unknown::refused);
  if (!written.ok()) return refuse(source, written.status().problems);
  Problems problems;
  if (written->algorithm != kSignatureAlgorithm)
    problems.push_back({"/algorithm", quoted(written->algorithm), "want \"ed25519\""});
  if (!is_key_id(written->key))
    problems.push_back({"/key", quoted(written->key), "want a key's id: 32 lower-case hexadecimal digits"});
  SignatureDocument document{written->algorithm, written->key, {}};
  const auto bytes = from_base64(written->signature, document.signature.size());
  if (!bytes.ok()) problems.push_back({"/signature", quoted(written->signature), bytes.status().message});
  if (!problems.empty()) return refuse(source, std::move(problems));
  std::ranges::transform(*bytes, document.signature.begin(), [](char c) { return static_cast<std::uint8_t>(c); });
  return document;
}

std::string to_text(const SignatureDocument& document) {
  return encode_text(Written{document.algorithm, document.key, to_base64(view_of(document.signature))}) + "\n";
}

Result<SignatureDocument> sign_manifest(std::string_view manifest, const PrivateKey& key) {
  const auto json = parse_json(manifest, kManifestLimits);
  if (!json.ok()) return json.status();
  return SignatureDocument{std::string(kSignatureAlgorithm), id_of(key.public_key()), key.sign(canonical_json(*json))};
}

bool covers(const SignatureDocument& document, const PublicKey& key, std::string_view manifest) {
  const auto json = parse_json(manifest, kManifestLimits);
  return json.ok() && document.key == id_of(key) && verify(key, canonical_json(*json), document.signature);
}

}  // namespace slipway::loader
