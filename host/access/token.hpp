// The site's first credential: a token in a file that only its owner can read, made at first start.
#pragma once

#include <filesystem>
#include <optional>
#include <slipway/status.hpp>
#include <string>
#include <string_view>

#include "host/base/random.hpp"

namespace slipway::access {

// Who asks. `subject` goes into the journal.
struct Principal {
  std::string subject;
  std::string tenant;
};

inline constexpr std::string_view kDefaultTenant = "default";

// The token in the file; a missing file is made with a new token of 256 random bits. FAILED_PRECONDITION when the file
// may be read by others than its owner.
Result<std::string> load_or_make_token(const std::filesystem::path& file, base::Random& random);

// Checks `Authorization: Bearer <token>`; the comparison takes the same time whatever the token. Immutable; any thread.
class TokenAuthenticator {
 public:
  explicit TokenAuthenticator(std::string token) : token_(std::move(token)) {}

  // The principal, or UNAUTHENTICATED with the way out. `tenant` is the X-Slipway-Tenant header, empty for the default:
  // the holder of the site's token is an administrator of every tenant.
  [[nodiscard]] Result<Principal> authenticate(std::string_view authorization, std::string_view tenant) const;

 private:
  std::string token_;
};

}  // namespace slipway::access
