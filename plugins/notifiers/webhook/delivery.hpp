// What an answer to a delivery means. Pure functions.
#pragma once

#include <optional>
#include <slipway/services.hpp>
#include <string>
#include <string_view>

namespace slipway::notifier_webhook {

enum class Delivery { done, again, refused };

// 2xx is done; 408, 429 and 5xx are worth another attempt; every other answer is a refusal.
Delivery judge(std::int32_t status);

// Retry-After (RFC 9110, 10.2.3): seconds, or a date in the preferred form. Nothing when absent or malformed; never
// negative.
std::optional<Duration> retry_after(const services::HttpReply& answer, Instant now);

// The url without user, query and fragment, which may hold secrets.
std::string shown(const std::string& url);

}  // namespace slipway::notifier_webhook
