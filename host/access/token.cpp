#include "host/access/token.hpp"

#include <openssl/crypto.h>
#include <sys/stat.h>

#include <algorithm>
#include <array>

#include "host/base/files.hpp"

namespace slipway::access {
namespace {

std::string make_token(base::Random& random) {
  constexpr std::string_view kDigits = "0123456789abcdef";
  std::string token = "slipway_";
  for (int word = 0; word < 4; ++word) {
    const std::uint64_t bits = random.next();
    for (unsigned shift = 0; shift < 64; shift += 4) token += kDigits[(bits >> shift) & 15U];
  }
  return token;
}

Status check_private(const std::filesystem::path& file) {
  struct stat info {};
  if (::stat(file.c_str(), &info) != 0) return base::file_fault(file, "stat", errno);
  if ((info.st_mode & 077U) == 0) return {};
  std::array<char, 8> mode{};
  std::snprintf(mode.data(), mode.size(), "%04o", info.st_mode & 07777U);
  return {Code::failed_precondition,
          file.string() + ": has mode " + mode.data() +
              ", so others can read the token; run chmod 600 on it, or remove it to get a new token"};
}

bool is_tenant_name(std::string_view text) {
  return !text.empty() && text.size() <= 63 && std::all_of(text.begin(), text.end(), [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-';
  });
}

}  // namespace

Result<std::string> load_or_make_token(const std::filesystem::path& file, base::Random& random) {
  auto existing = base::read_file(file, {.max_bytes = 4096, .links = base::Links::refuse});
  if (!existing.ok() && existing.status().code == Code::not_found) {
    std::string token = make_token(random);
    if (const Status written = base::write_private_file(file, token + "\n"); !written.ok()) return written;
    return token;
  }
  if (!existing.ok()) return existing.status();
  if (const Status mode = check_private(file); !mode.ok()) return mode;
  std::string token = *existing;
  token.erase(token.find_last_not_of(" \r\n") + 1);
  if (token.size() < 32)
    return Status(Code::failed_precondition,
                  file.string() + ": holds no token of at least 32 characters; remove it to get a new one");
  return token;
}

Result<Principal> TokenAuthenticator::authenticate(std::string_view authorization, std::string_view tenant) const {
  constexpr std::string_view kScheme = "Bearer ";
  const Status refusal(Code::unauthenticated,
                       "want \"Authorization: Bearer <token>\" with the token of the site's token file");
  if (!authorization.starts_with(kScheme)) return refusal;
  const std::string_view given = authorization.substr(kScheme.size());
  if (given.size() != token_.size() || CRYPTO_memcmp(given.data(), token_.data(), token_.size()) != 0) return refusal;
  if (tenant.empty()) tenant = kDefaultTenant;
  if (!is_tenant_name(tenant))
    return Status(Code::invalid_argument, "X-Slipway-Tenant: want 1 to 63 lower-case letters, digits and dashes");
  return Principal{"token", std::string(tenant)};
}

}  // namespace slipway::access
