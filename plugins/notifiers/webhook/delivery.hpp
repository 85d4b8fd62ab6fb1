// What an answer to a delivery means. Pure functions.
#pragma once

#include <optional>
#include <slipway/services.hpp>
#include <string>
#include <string_view>

namespace slipway::notifier_webhook {

enum class Delivery { done, again, turned_away, refused };

// 2xx is done; 408, 425, 429 and 5xx are worth another attempt. What speaks of the address or of who sends, not of the
// event (401, 403, 404, 405, 407, 410, and whatever is no 4xx), has turned the sender away: somebody can put that
// right, say a credential that was renewed. Every other 4xx refuses this event.
Delivery judge(std::int32_t status);

// What its Retry-After says; nothing when absent or malformed.
std::optional<Duration> retry_after(const services::HttpReply& answer, Instant now);

// The url without user, query and fragment, which may hold secrets.
std::string shown(const std::string& url);

}  // namespace slipway::notifier_webhook
