// gate-freeze-window: slipway.gate/1 by the calendar.
#include <slipway/plugin.hpp>

#include "plugins/gates/freeze-window/decide.hpp"
#include "plugins/gates/freeze-window/settings.hpp"

namespace slipway::freeze_window {
namespace {

class FreezeWindow final : public Plugin<Settings> {
 public:
  using Serves = Interfaces<gate::Interface>;
  using Plugin::Plugin;

  void start() { value_or_throw(read_windows(settings())); }

  gate::CheckReply check(const gate::CheckRequest& request) {
    const Settings together = value_or_throw(overlaid(settings(), request.settings));
    const auto shut = together.refuse ? strategy::GateState::closed : strategy::GateState::pending;
    return decide(value_or_throw(read_windows(together)), request, shut);
  }
};

}  // namespace
}  // namespace slipway::freeze_window

SLIPWAY_PLUGIN(slipway::freeze_window::FreezeWindow)
