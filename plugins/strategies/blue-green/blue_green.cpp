// Blue-green: the new release (green) comes up beside the old one (blue) without traffic, is tested, and takes over at
// once or by shifts; blue is kept for an instant return.
#include "plugins/strategies/blue-green/faults.hpp"
#include "plugins/strategies/blue-green/stage.hpp"

namespace slipway::blue_green {
namespace {

class BlueGreen : public Strategy<Settings, State> {
 public:
  Step step(const Settings& settings, State state, const World& world) const {
    return Stage(settings, state, world).go();
  }
  Problems check(const Settings& settings, const strategy::ValidateRequest& request) const {
    return faults(settings, request);
  }
};

}  // namespace
}  // namespace slipway::blue_green

SLIPWAY_STRATEGY(slipway::blue_green::BlueGreen)
