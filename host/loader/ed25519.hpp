// Ed25519 (RFC 8032), by OpenSSL: keys and signatures as values. Safe from any thread.
#pragma once

#include <array>
#include <cstdint>
#include <memory>
#include <slipway/status.hpp>
#include <string>
#include <string_view>

// OpenSSL's, without its headers.
struct evp_pkey_st;

namespace slipway::loader {

using SignatureBytes = std::array<std::uint8_t, 64>;

struct PublicKey {
  std::array<std::uint8_t, 32> bytes{};
  bool operator==(const PublicKey&) const = default;
};

// "ed25519:" and the 32 bytes in base64: how people and files spell a public key.
std::string to_string(const PublicKey& key);
// White space around it is allowed. INVALID_ARGUMENT says what a key looks like.
Result<PublicKey> parse_public_key(std::string_view text);
// The first 32 hexadecimal digits of the SHA-256 of its bytes: by this signatures and revocations name a key.
std::string id_of(const PublicKey& key);
bool is_key_id(std::string_view text);

// Whether the holder of the key signed exactly these bytes.
bool verify(const PublicKey& key, std::string_view bytes, const SignatureBytes& signature);

// Move-only.
class PrivateKey {
 public:
  // From the kernel's randomness, through OpenSSL.
  static PrivateKey generate();
  // Unencrypted PKCS #8 in PEM. INVALID_ARGUMENT for anything else and for keys of other algorithms.
  static Result<PrivateKey> from_pem(std::string_view pem);

  [[nodiscard]] std::string to_pem() const;
  [[nodiscard]] PublicKey public_key() const;
  [[nodiscard]] SignatureBytes sign(std::string_view bytes) const;

 private:
  struct Free {
    void operator()(evp_pkey_st* key) const;
  };
  using Handle = std::unique_ptr<evp_pkey_st, Free>;
  explicit PrivateKey(Handle key) : key_(std::move(key)) {}

  Handle key_;
};

std::string to_base64(std::string_view bytes);
// INVALID_ARGUMENT unless the text is the one padded spelling of exactly `size` bytes.
Result<std::string> from_base64(std::string_view text, std::size_t size);

}  // namespace slipway::loader
