// HMAC-SHA256 (RFC 2104, FIPS 180-4) of a text, in lower-case hexadecimal digits.
#pragma once

#include <string>
#include <string_view>

namespace slipway::notifier_webhook {

std::string hmac_sha256(std::string_view key, std::string_view text);

}  // namespace slipway::notifier_webhook
