#include "host/base/sha256.hpp"

#include <fcntl.h>
#include <openssl/evp.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstdlib>
#include <utility>

#include "host/base/files.hpp"

namespace slipway::base {

struct Sha256::Context {
  EVP_MD_CTX* evp = EVP_MD_CTX_new();
  Context() = default;
  Context(const Context&) = delete;
  Context& operator=(const Context&) = delete;
  ~Context() { EVP_MD_CTX_free(evp); }
};

namespace {

// EVP fails here only without memory or without its own provider: no way to go on.
void require(int success) {
  if (success != 1) std::abort();
}

Result<std::string> digest_of(const std::filesystem::path& path, int file, std::uint64_t max_bytes) {
  struct stat info {};
  if (::fstat(file, &info) != 0) return file_fault(path, "cannot be examined", errno);
  if (!S_ISREG(info.st_mode)) return Status(Code::invalid_argument, path.string() + ": is no regular file");
  Sha256 sum;
  std::array<char, 65536> buffer{};
  for (std::uint64_t total = 0;;) {
    const ssize_t count = ::read(file, buffer.data(), buffer.size());
    if (count < 0 && errno == EINTR) continue;
    if (count < 0) return file_fault(path, "cannot be read", errno);
    if (count == 0) return sum.hex();
    total += static_cast<std::uint64_t>(count);
    if (total > max_bytes) {
      return Status(Code::invalid_argument,
                    path.string() + ": has more than the " + std::to_string(max_bytes) + " bytes allowed");
    }
    sum.update({buffer.data(), static_cast<std::size_t>(count)});
  }
}

}  // namespace

Sha256::Sha256() : context_(std::make_unique<Context>()) {
  require(EVP_DigestInit_ex(context_->evp, EVP_sha256(), nullptr));
}

Sha256::~Sha256() = default;

void Sha256::update(std::string_view bytes) { require(EVP_DigestUpdate(context_->evp, bytes.data(), bytes.size())); }

std::string Sha256::hex() {
  std::array<unsigned char, 32> digest{};
  require(EVP_DigestFinal_ex(context_->evp, digest.data(), nullptr));
  constexpr std::string_view kDigits = "0123456789abcdef";
  std::string text;
  for (const unsigned char byte : digest) {
    text += kDigits[byte >> 4];
    text += kDigits[byte & 15];
  }
  return text;
}

std::string sha256_hex(std::string_view bytes) {
  Sha256 sum;
  sum.update(bytes);
  return sum.hex();
}

Result<std::string> sha256_hex_of_file(const std::filesystem::path& path, std::uint64_t max_bytes) {
  const int file = ::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
  if (file < 0) return file_fault(path, "cannot be opened", errno);
  auto result = digest_of(path, file, max_bytes);
  ::close(file);
  return result;
}

bool is_sha256_hex(std::string_view text) {
  return text.size() == 64 &&
         std::ranges::all_of(text, [](char c) { return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f'); });
}

}  // namespace slipway::base
