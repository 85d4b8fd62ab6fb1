#include "host/loader/ed25519.hpp"

#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/pem.h>

#include <algorithm>
#include <cstdlib>

#include "host/base/sha256.hpp"

namespace slipway::loader {
namespace {

constexpr std::string_view kPrefix = "ed25519:";
constexpr std::size_t kIdDigits = 32;

struct FreeKey {
  void operator()(EVP_PKEY* key) const { EVP_PKEY_free(key); }
};
struct FreeDigest {
  void operator()(EVP_MD_CTX* context) const { EVP_MD_CTX_free(context); }
};
struct FreeBio {
  void operator()(BIO* bio) const { BIO_free(bio); }
};
using Key = std::unique_ptr<EVP_PKEY, FreeKey>;
using Digest = std::unique_ptr<EVP_MD_CTX, FreeDigest>;
using Bio = std::unique_ptr<BIO, FreeBio>;

// Without memory or without OpenSSL's own provider: no way to go on.
void require(bool success) {
  if (!success) std::abort();
}

const unsigned char* bytes_of(std::string_view text) { return reinterpret_cast<const unsigned char*>(text.data()); }

std::string_view trimmed(std::string_view text) {
  constexpr std::string_view kWhite = " \t\r\n";
  text.remove_prefix(std::min(text.find_first_not_of(kWhite), text.size()));
  return text.substr(0, text.find_last_not_of(kWhite) + 1);
}

// Nobody is there to type a pass phrase.
int no_pass_phrase(char*, int, int, void*) { return 0; }

}  // namespace

std::string to_base64(std::string_view bytes) {
  std::string text((bytes.size() + 2) / 3 * 4, '\0');
  // It writes a zero behind the text, which is where std::string has one.
  EVP_EncodeBlock(reinterpret_cast<unsigned char*>(text.data()), bytes_of(bytes), static_cast<int>(bytes.size()));
  return text;
}

Result<std::string> from_base64(std::string_view text, std::size_t size) {
  const std::size_t wanted = (size + 2) / 3 * 4;
  const Status refusal(Code::invalid_argument, "want " + std::to_string(size) + " bytes in base64, which are " +
                                                   std::to_string(wanted) + " characters");
  if (text.size() != wanted) return refusal;
  std::string bytes(wanted / 4 * 3, '\0');
  if (EVP_DecodeBlock(reinterpret_cast<unsigned char*>(bytes.data()), bytes_of(text), static_cast<int>(text.size())) <
      0)
    return refusal;
  bytes.resize(size);
  // OpenSSL passes over white space and stray bits; a signature has one spelling.
  return to_base64(bytes) == text ? Result<std::string>(bytes) : refusal;
}

std::string to_string(const PublicKey& key) {
  return std::string(kPrefix) + to_base64({reinterpret_cast<const char*>(key.bytes.data()), key.bytes.size()});
}

Result<PublicKey> parse_public_key(std::string_view text) {
  text = trimmed(text);
  PublicKey key;
  const auto bytes = text.starts_with(kPrefix) ? from_base64(text.substr(kPrefix.size()), key.bytes.size())
                                               : Status(Code::invalid_argument, "no prefix");
  if (!bytes.ok())
    return Status(Code::invalid_argument,
                  "want a public key: \"ed25519:\" and 44 characters of base64, as `slipway key new` prints it");
  std::ranges::transform(*bytes, key.bytes.begin(), [](char c) { return static_cast<std::uint8_t>(c); });
  return key;
}

std::string id_of(const PublicKey& key) {
  return base::sha256_hex({reinterpret_cast<const char*>(key.bytes.data()), key.bytes.size()}).substr(0, kIdDigits);
}

bool is_key_id(std::string_view text) {
  return text.size() == kIdDigits && text.find_first_not_of("0123456789abcdef") == text.npos;
}

bool verify(const PublicKey& key, std::string_view bytes, const SignatureBytes& signature) {
  const Key evp(EVP_PKEY_new_raw_public_key(EVP_PKEY_ED25519, nullptr, key.bytes.data(), key.bytes.size()));
  const Digest context(EVP_MD_CTX_new());
  const bool good =
      evp && context && EVP_DigestVerifyInit(context.get(), nullptr, nullptr, nullptr, evp.get()) == 1 &&
      EVP_DigestVerify(context.get(), signature.data(), signature.size(), bytes_of(bytes), bytes.size()) == 1;
  ERR_clear_error();
  return good;
}

void PrivateKey::Free::operator()(evp_pkey_st* key) const { EVP_PKEY_free(key); }

PrivateKey PrivateKey::generate() {
  Handle key(EVP_PKEY_Q_keygen(nullptr, nullptr, "ED25519"));
  require(key != nullptr);
  return PrivateKey(std::move(key));
}

Result<PrivateKey> PrivateKey::from_pem(std::string_view pem) {
  const Bio bio(BIO_new_mem_buf(pem.data(), static_cast<int>(pem.size())));
  Handle key(bio ? PEM_read_bio_PrivateKey(bio.get(), nullptr, no_pass_phrase, nullptr) : nullptr);
  ERR_clear_error();
  if (key && EVP_PKEY_get_base_id(key.get()) == EVP_PKEY_ED25519) return PrivateKey(std::move(key));
  return Status(Code::invalid_argument,
                "is no private Ed25519 key in PEM without a pass phrase; make one with `slipway key new NAME`");
}

std::string PrivateKey::to_pem() const {
  const Bio bio(BIO_new(BIO_s_secmem()));
  require(bio && PEM_write_bio_PKCS8PrivateKey(bio.get(), key_.get(), nullptr, nullptr, 0, nullptr, nullptr) == 1);
  char* data = nullptr;
  const long size = BIO_get_mem_data(bio.get(), &data);
  return {data, static_cast<std::size_t>(size)};
}

PublicKey PrivateKey::public_key() const {
  PublicKey key;
  std::size_t size = key.bytes.size();
  require(EVP_PKEY_get_raw_public_key(key_.get(), key.bytes.data(), &size) == 1 && size == key.bytes.size());
  return key;
}

SignatureBytes PrivateKey::sign(std::string_view bytes) const {
  SignatureBytes signature{};
  std::size_t size = signature.size();
  const Digest context(EVP_MD_CTX_new());
  require(context && EVP_DigestSignInit(context.get(), nullptr, nullptr, nullptr, key_.get()) == 1 &&
          EVP_DigestSign(context.get(), signature.data(), &size, bytes_of(bytes), bytes.size()) == 1 &&
          size == signature.size());
  return signature;
}

}  // namespace slipway::loader
