// How the gate asks. A rollout's own settings stand over the configuration, field by field, except that a rollout
// cannot name a token, and that the configured token goes to the configured url only.
#pragma once

#include <slipway/interfaces/gate.hpp>
#include <string>

namespace slipway::gate_webhook {

enum class OnError { pending, closed };
constexpr auto enum_names(OnError) {
  return std::array<EnumName<OnError>, 2>{{{OnError::pending, "pending"}, {OnError::closed, "closed"}}};
}

struct Settings {
  std::string url;
  std::string token;
  Duration timeout = seconds(5);
  std::int32_t attempts = 3;
  OnError on_error = OnError::pending;
  Duration retry_after = seconds(30);
  static constexpr auto fields() {
    using S = Settings;
    return slipway::fields(field("url", &S::url, "Where the question is posted to.", at_most(8192)),
                           field("token", &S::token, "Reference of the secret sent as bearer token.", at_most(256)),
                           field("timeout", &S::timeout, "How long to wait for one answer."),
                           field("attempts", &S::attempts, "How often to ask.", between(1, 10)),
                           field("on_error", &S::on_error, "What no answer means."),
                           field("retry_after", &S::retry_after, "When to ask again."));
  }
};

// INVALID_ARGUMENT with every fault.
Result<Settings> overlaid(const Settings& configured, const Json& rollout);

}  // namespace slipway::gate_webhook
