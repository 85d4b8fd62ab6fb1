// What the web service's answer means. Pure functions.
#pragma once

#include <optional>
#include <slipway/interfaces/gate.hpp>
#include <slipway/services.hpp>
#include <string>

namespace slipway::gate_webhook {

enum class Retry { worthwhile, pointless };

// A reply, or what is wrong with the answer and whether asking again may help.
struct Outcome {
  std::optional<gate::CheckReply> reply;
  std::string fault;
  Retry retry = Retry::pointless;
};

// 200 with {"state": "open" | "pending" | "closed", "reason", "retry_at"}. 408, 429 and 5xx are worth a retry.
Outcome read_answer(const services::HttpReply& answer);

// The url without user, query and fragment, which may hold secrets.
std::string shown(const std::string& url);

}  // namespace slipway::gate_webhook
