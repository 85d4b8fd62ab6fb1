// Canary: the new release takes a growing share of the traffic, step by step.
#include "plugins/strategies/canary/faults.hpp"
#include "plugins/strategies/canary/walk.hpp"

namespace slipway::canary {
namespace {

class Canary : public Strategy<Settings, State> {
 public:
  Step step(const Settings& settings, State state, const World& world) const {
    return Walk(settings, std::move(state), world).go();
  }
  Problems check(const Settings& settings, const strategy::ValidateRequest& request) const {
    return faults(settings, request);
  }
};

}  // namespace
}  // namespace slipway::canary

SLIPWAY_STRATEGY(slipway::canary::Canary)
