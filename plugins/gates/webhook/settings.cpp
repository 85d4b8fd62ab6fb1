#include "plugins/gates/webhook/settings.hpp"

namespace slipway::gate_webhook {
namespace {

Status refused(const char* path, const std::string& value, const char* message) {
  return {Code::invalid_argument, "the rollout's settings of the gate is not valid", {{path, value, message}}};
}

}  // namespace

Result<Settings> overlaid(const Settings& configured, const Json& rollout) {
  if (rollout.is_null()) return configured;
  if (!rollout.is_object()) return refused("/", to_text(rollout), "want an object");
  if (rollout.contains("token"))
    return refused("/token", "", "belongs to the configuration of the gate; leave it out here");
  Json together = encode(configured);
  together.update(rollout);
  auto settings = decode<Settings>(together, "the rollout's settings of the gate", Unknown::refused);
  if (settings.ok() && settings->url != configured.url) settings->token.clear();
  return settings;
}

}  // namespace slipway::gate_webhook
