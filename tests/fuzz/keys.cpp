// Key files, of any bytes: what is taken is written in one spelling that gives the same key, and a private half signs
// for its public one.
#include "host/loader/ed25519.hpp"
#include "tests/fuzz/harness.hpp"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace slipway;
  const std::string_view text = fuzz::text_of(data, size);
  if (const auto key = loader::parse_public_key(text); key.ok()) {
    const auto again = loader::parse_public_key(loader::to_string(*key));
    fuzz::require(again.ok() && *again == *key, "the text of a public key gives the key");
    fuzz::require(loader::is_key_id(loader::id_of(*key)), "a key has an id");
  }
  if (const auto key = loader::PrivateKey::from_pem(text); key.ok()) {
    const auto again = loader::PrivateKey::from_pem(key->to_pem());
    fuzz::require(again.ok() && again->public_key() == key->public_key(), "the text of a private key gives the key");
    fuzz::require(loader::verify(key->public_key(), text, key->sign(text)), "a private half signs for its public half");
  }
  if (const auto bytes = loader::from_base64(text, 32); bytes.ok())
    fuzz::require(loader::to_base64(*bytes) == text, "base64 has one spelling");
  return 0;
}
