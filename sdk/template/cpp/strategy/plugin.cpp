// acme.greeter: a strategy that starts all new replicas beside the old ones, and moves all traffic at once.
#include <slipway/strategy.hpp>

namespace acme_greeter {
namespace {

using slipway::kAllTraffic;
using slipway::strategy::WaitKind;

// What people write; `config` of plugin.json says the same as a schema.
struct Settings {
  slipway::Duration min_ready{};
  slipway::Duration deadline = slipway::seconds(600);
  static constexpr auto fields() {
    return slipway::fields(
        slipway::field("min_ready", &Settings::min_ready, "Time that a replica must have been ready before it counts."),
        slipway::field("deadline", &Settings::deadline, "Time without progress after which the rollout fails."));
  }
};

// What a step hands to the next: a strategy itself remembers nothing.
struct State {
  static constexpr std::int64_t kVersion = 1;
  bool moved = false;
  slipway::Progress progress;
  static constexpr auto fields() {
    return slipway::fields(slipway::field("moved", &State::moved, "Whether the traffic was ordered to move."),
                           slipway::field("progress", &State::progress, "When something last went forward."));
  }
};

class Strategy : public slipway::Strategy<Settings, State> {
 public:
  [[nodiscard]] Step step(const Settings& settings, State state, const slipway::World& world) const {
    const std::int32_t ready = world.available(world.next(), settings.min_ready);
    if (state.moved && world.next().weight == kAllTraffic)
      return slipway::promote(state, {slipway::next_group(world.replicas(), kAllTraffic)}, {});
    state.progress.note(world.next().ready + ready, world.now());
    if (state.progress.is_late(world.now(), settings.deadline))
      return slipway::fail(state, "no progress for " + slipway::to_string(settings.deadline));
    state.moved = state.moved || ready >= world.replicas();
    return order(settings, state, world, ready);
  }

 private:
  static Step order(const Settings& settings, const State& state, const slipway::World& world, std::int32_t ready) {
    const std::uint32_t weight = state.moved ? kAllTraffic : 0;
    Step step;
    step.state = state;
    step.reply.groups = {slipway::next_group(world.replicas(), weight)};
    if (world.has_stable()) step.reply.groups.push_back(slipway::stable_group(world.replicas(), kAllTraffic - weight));
    step.reply.wait = wait_for(settings, state, world, ready);
    step.reply.steps = 2;
    step.reply.step = state.moved ? 1 : 0;
    step.reply.reason =
        state.moved ? "all traffic moves to the new release"
                    : std::to_string(ready) + " of " + slipway::plural(world.replicas(), "new replica") + " available";
    return step;
  }
  static slipway::strategy::Wait wait_for(const Settings& settings, const State& state, const slipway::World& world,
                                          std::int32_t ready) {
    const slipway::Instant late = state.progress.at + settings.deadline;
    if (state.moved) return {WaitKind::traffic, "all traffic to reach the new release", "finish", late};
    const auto next = world.available_at(world.next(), settings.min_ready).value_or(late);
    return slipway::wait_for_replicas(world.next(), ready, world.replicas(), "move all traffic", std::min(next, late));
  }
};

}  // namespace
}  // namespace acme_greeter

SLIPWAY_STRATEGY(acme_greeter::Strategy)
