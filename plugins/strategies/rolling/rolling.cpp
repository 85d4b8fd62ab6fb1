// Rolling update: new replicas come up in batches, traffic follows the replicas that are available, and old ones leave
// once it has moved. The sizes of the batches are those of a Kubernetes Deployment.
#include "plugins/strategies/rolling/settings.hpp"

namespace slipway::rolling {
namespace {

using strategy::Finding;
using strategy::WaitKind;

// The numbers of one step: replicas wanted, new ones available, new ones that carry traffic, most of both kinds at
// once, and old ones that remain when those that may go have gone.
struct Fleet {
  std::int32_t all = 0, available = 0, carrying = 0, most = 0, lasting = 0;
  std::uint32_t weight = 0;
  bool moved = false;
};

class Rolling : public Strategy<Settings, State> {
 public:
  Step step(const Settings& settings, State state, const World& world) const {
    const auto analyses = wanted(settings.analyses);
    if (state.stable < 0) state.stable = world.stable().replicas;
    const Fleet fleet = look(settings, state, world);
    const auto* stop = stopping(state, fleet, world, analyses);
    remember(state, world, stop != nullptr);
    if (const auto* bad = world.first(Finding::failed, analyses))
      return fail(state, "the analysis " + bad->name + " failed: " + bad->reason);
    if (fleet.available == fleet.all && fleet.lasting == 0 && fleet.moved) {
      return promote(state, {next_group(fleet.all, fleet.weight)}, Duration{});
    }
    state.progress.note(state.next + world.next().ready + fleet.available - state.stable, world.now());
    if (state.progress.is_late(world.now(), settings.progress_deadline)) {
      return fail(state, "no progress for " + to_string(settings.progress_deadline) + " while it waited for " +
                             state.waited_for);
    }
    if (state.fully || state.past_held) stop = nullptr;
    if (stop == nullptr) order(settings, state, fleet);
    strategy::Wait wait = stop == nullptr    ? wait_for(settings, state, fleet, world)
                          : stop->unmeasured ? wait_for_measurement(*stop, "stop the last old replicas")
                                             : wait_for_analysis(*stop, "go on with the next batch");
    if (stop != nullptr || wait.kind == WaitKind::approval) state.progress.rest();
    state.waited_for = wait.what;
    return {state,
            {.groups = groups(state),
             .analyses = analyses,
             .wait = std::move(wait),
             .step = fleet.available,
             .steps = fleet.all,
             .reason = reason(state, fleet)}};
  }

  Problems check(const Settings& settings, const strategy::ValidateRequest& request) const {
    Problems problems = unknown_names("/analyses", settings.analyses.list, request.analyses, "analysis");
    if (settings.progress_deadline <= settings.min_ready)
      problems.push_back({"/progress_deadline", to_text(to_string(settings.progress_deadline)),
                          "want more than min_ready, which is " + to_string(settings.min_ready)});
    const auto& able = request.capabilities;
    const bool shares = request.replicas > 1;  // a single replica has nothing or all of the traffic
    if (shares && !able.weights)
      problems.push_back({"/", "", "the provider can't split traffic by weight, which several replicas need"});
    if (shares && able.weights && able.weight_granularity > 1)
      problems.push_back({"/", "",
                          "the provider's weights are multiples of " + share_to_string(able.weight_granularity) +
                              ", and the traffic of several replicas moves in any shares"});
    if (able.max_groups < 2)
      problems.push_back({"/", "", "the provider runs only 1 group of an application at once, rolling needs 2"});
    return problems;
  }

 private:
  // A held analysis. And missing data is no success: once new replicas have traffic the last old ones stay until that
  // was measured. A first release has nothing to be compared with: what stops then would stop for ever.
  static const strategy::AnalysisSeen* stopping(const State& state, const Fleet& fleet, const World& world,
                                                const std::vector<strategy::AnalysisWanted>& analyses) {
    if (!world.has_stable()) return nullptr;
    const auto* held = world.first(Finding::held, analyses);
    const bool empties = state.stable > 0 && fleet.lasting == 0 && state.weight > 0;
    return held == nullptr && empties ? world.unmeasured(analyses) : held;
  }

  // A word ends what the rollout waits for: what stops it, for one batch, else the pause.
  static void remember(State& state, const World& world, bool stopped) {
    state.fully = state.fully || world.asked(strategy::Command::promote_fully);
    const bool told = world.asked(strategy::Command::promote) || world.asked(strategy::Command::skip);
    state.promoted = state.promoted || state.fully || (told && (!stopped || state.past_held));
    state.past_held = stopped && (state.past_held || told);
  }

  static Fleet look(const Settings& settings, const State& state, const World& world) {
    const std::int32_t all = world.replicas();
    const std::int32_t surge = settings.max_surge.of(all, Round::up);
    const std::int32_t rounded = std::min(settings.max_unavailable.of(all, Round::down), all);
    const std::int32_t unavailable = surge == 0 && rounded == 0 ? std::min(1, all) : rounded;
    Fleet fleet{.all = all, .available = std::min(world.available(world.next(), settings.min_ready), all)};
    fleet.most = all + surge;
    fleet.lasting = state.stable - std::clamp(state.stable + fleet.available - (all - unavailable), 0, state.stable);
    // A clock that is set back takes the time of min_ready from replicas, but they serve as before.
    fleet.carrying = std::max(fleet.available, std::min(state.carrying, world.next().ready));
    fleet.weight = share_of(fleet.carrying, std::min(world.available(world.stable(), Duration{}), fleet.lasting));
    fleet.moved = world.next().weight >= fleet.weight || (world.converged() && state.weight == fleet.weight);
    return fleet;
  }

  // The next batch: old replicas whose traffic has moved go, new ones fill the room.
  static void order(const Settings& settings, State& state, const Fleet& fleet) {
    const bool pauses = settings.pause_at && !state.promoted;
    const std::int32_t limit = pauses ? std::min(fleet.all, settings.pause_at->of(fleet.all, Round::up)) : fleet.all;
    const std::int32_t most = state.fully ? fleet.all + state.stable : fleet.most;
    const std::int32_t before = state.next;
    if (fleet.moved) state.stable = fleet.lasting;
    state.carrying = fleet.carrying;
    state.weight = fleet.weight;
    state.next = std::max(state.next, std::min(limit, most - state.stable));
    if (state.next > before) state.past_held = false;
  }

  static strategy::Wait wait_for(const Settings& settings, const State& state, const Fleet& fleet, const World& world) {
    const Instant late = state.progress.at + settings.progress_deadline;
    if (!fleet.moved) {
      return {WaitKind::traffic, share_to_string(fleet.weight) + " of the traffic to reach the new release",
              "stop " + plural(state.stable - fleet.lasting, "old replica"), late};
    }
    if (state.next == fleet.available)
      return {WaitKind::approval, "somebody to promote", "start " + plural(fleet.all - state.next, "more replica"), {}};
    const Instant ready = world.available_at(world.next(), settings.min_ready).value_or(late);
    return wait_for_replicas(world.next(), fleet.available, state.next,
                             state.stable == 0 ? "finish" : "replace the next old replicas", std::min(ready, late));
  }

  static std::vector<strategy::Group> groups(const State& state) {
    const strategy::Group next = next_group(state.next, state.weight, state.carrying);
    if (state.stable == 0) return {next};
    return {stable_group(state.stable, kAllTraffic - state.weight), next};
  }
  static std::string reason(const State& state, const Fleet& fleet) {
    return std::to_string(fleet.available) + " of " + plural(fleet.all, "new replica") + " available, " +
           plural(state.stable, "old one") + " wanted, " + share_to_string(state.weight) +
           " of the traffic for the new release";
  }
};

}  // namespace
}  // namespace slipway::rolling

SLIPWAY_STRATEGY(slipway::rolling::Rolling)
