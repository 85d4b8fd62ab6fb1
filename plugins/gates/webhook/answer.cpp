#include "plugins/gates/webhook/answer.hpp"

namespace slipway::gate_webhook {
namespace {

struct Answer {
  strategy::GateState state = strategy::GateState::pending;
  std::string reason;
  std::optional<Instant> retry_at;
  static constexpr auto fields() {
    return slipway::fields(required("state", &Answer::state, "open, pending or closed."),
                           field("reason", &Answer::reason, "Why.", at_most(2000)),
                           field("retry_at", &Answer::retry_at, "When to ask again."));
  }
};

std::string default_reason(strategy::GateState state) {
  return "the web service answered " + std::string(to_name(state));
}

}  // namespace

Outcome read_answer(const services::HttpReply& answer) {
  if (answer.status != 200) {
    const bool transient = answer.status == 408 || answer.status == 429 || answer.status >= 500;
    return {std::nullopt, "answered " + std::to_string(answer.status),
            transient ? Retry::worthwhile : Retry::pointless};
  }
  const auto read = decode_text<Answer>(answer.body, "its answer", Unknown::ignored, {.bytes = 1 << 16, .depth = 8});
  if (!read.ok())
    return {std::nullopt, "answered what is no gate's answer: " + to_string(read.status()), Retry::pointless};
  return {
      gate::CheckReply{read->state, read->reason.empty() ? default_reason(read->state) : read->reason, read->retry_at},
      "", Retry::pointless};
}

std::string shown(const std::string& url) {
  std::string text = url.substr(0, url.find_first_of("?#"));
  const auto scheme = text.find("://");
  if (scheme == text.npos) return text;
  const auto host = scheme + 3;
  const auto at = text.substr(0, text.find('/', host)).rfind('@');
  if (at != text.npos && at >= host) text.erase(host, at + 1 - host);
  return text;
}

}  // namespace slipway::gate_webhook
