// acme.greeter: a gate that lets the rollouts of some tenants wait.
#include <algorithm>
#include <slipway/interfaces/gate.hpp>
#include <slipway/plugin.hpp>
#include <slipway/settings.hpp>

namespace acme_greeter {
namespace {

namespace gate = slipway::gate;
using slipway::strategy::GateState;

// What people write; `config` of plugin.json says the same as a schema.
struct Settings {
  std::vector<std::string> held;
  std::string reason = "rollouts of this tenant are held";
  static constexpr auto fields() {
    return slipway::fields(
        slipway::field("held", &Settings::held, "Tenants whose rollouts wait.", slipway::at_most(1000)),
        slipway::field("reason", &Settings::reason, "Why, for a person.", slipway::at_most(500)));
  }
};

class Gate final : public slipway::Plugin<Settings> {
 public:
  using Serves = slipway::Interfaces<gate::Interface>;
  using Plugin::Plugin;

  [[nodiscard]] gate::CheckReply check(const gate::CheckRequest& request) const {
    const Settings now = with(request.settings);
    const bool is_held = std::find(now.held.begin(), now.held.end(), request.tenant) != now.held.end();
    gate::CheckReply reply;
    reply.state = is_held ? GateState::pending : GateState::open;
    reply.reason = is_held ? now.reason : "nothing holds " + request.tenant;
    return reply;
  }

 private:
  // The rollout's own settings over those of the configuration.
  [[nodiscard]] Settings with(const slipway::Json& rollout) const {
    return slipway::value_or_throw(slipway::settings_over<Settings>(slipway::encode(settings()), rollout));
  }
};

}  // namespace
}  // namespace acme_greeter

SLIPWAY_PLUGIN(acme_greeter::Gate)
