// plugin.sig: refused with a reason, or in its one spelling; and never the word of a key that did not sign.
#include "host/loader/signature_document.hpp"
#include "tests/fuzz/harness.hpp"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace slipway;
  static const loader::PublicKey kept_key =
      loader::parse_public_key("ed25519:11qYAYKxCrfVS/7TyWQHOg7hcvPaYiMlrwIaaPcHURo=").value();
  const auto document = loader::parse_signature(fuzz::text_of(data, size), "fuzz");
  if (!document.ok()) {
    fuzz::require(document.status().message.starts_with("fuzz: "), "a refusal names its source");
    return 0;
  }
  const auto again = loader::parse_signature(loader::to_text(*document), "fuzz");
  fuzz::require(again.ok() && again->key == document->key && again->signature == document->signature,
                "what is written is read again");
  fuzz::require(!loader::covers(*document, kept_key, R"({"id":"fuzz"})"), "nothing is signed by nobody");
  return 0;
}
