// Writing a strategy: a class with one pure function, and one macro line.
//
//   struct Settings { … };   // a document: what people write
//   struct State { …; static constexpr std::int64_t kVersion = 1; };   // a document: what a step hands to the next
//
//   class Rolling : public slipway::Strategy<Settings, State> {
//    public:
//     Step step(const Settings& settings, State state, const World& world) const { … }
//   };
//   SLIPWAY_STRATEGY(Rolling)
//
// step must depend on nothing but its arguments: it is repeated, replayed, and run against a simulated world for plans.
// It may be called from several threads at once. Everything else of slipway.strategy/1 is served here:
//
//   settings   The instance's configuration holds defaults; each request's settings are merged over them and decoded
//              strictly, all faults with their paths.
//   state      Written with its version. A state of another version goes through migrate.
//   pauses     The host's clock for a rollout stands still while a person holds it: no deadline runs meanwhile.
//   plan       step, run in an ideal world (see detail/strategy_plan.hpp).
//
// Optional members, public and const:
//   Problems check(const Settings&, const strategy::ValidateRequest&)
//              faults across fields, or of what is asked of the provider
//   State migrate(const Json& state, std::int64_t from_version)
//              throws Error(FAILED_PRECONDITION) for what it can't read
#pragma once

#include <slipway/detail/strategy_plan.hpp>
#include <slipway/detail/versioned_state.hpp>
#include <slipway/plugin.hpp>
#include <slipway/world.hpp>

namespace slipway {

// What a step answers: the reply of slipway.strategy/1, whose state is still a struct.
template <class State>
struct Decision {
  State state;
  strategy::StepReply reply;
};

template <class SettingsType, class StateType>
class Strategy {
 public:
  using Settings = SettingsType;
  using State = StateType;
  using Step = Decision<State>;

  [[nodiscard]] Problems check(const Settings&, const strategy::ValidateRequest&) const { return {}; }
  [[nodiscard]] State migrate(const Json&, std::int64_t from_version) const {
    detail::VersionedState<State>::refuse(from_version, "this strategy");
  }
};

// The rollout ends here: the engine goes back to the stable release.
template <class State>
Decision<State> fail(State state, std::string reason) {
  return {std::move(state), {.outcome = strategy::Outcome::failed, .reason = std::move(reason)}};
}
// All traffic is on next. A stable group among the groups is kept for `keep_stable`.
template <class State>
Decision<State> promote(State state, std::vector<strategy::Group> groups, Duration keep_stable) {
  strategy::StepReply reply{
      .groups = std::move(groups), .outcome = strategy::Outcome::promoted, .keep_stable = keep_stable};
  reply.reason = "all traffic is on the new release";
  return {std::move(state), std::move(reply)};
}

inline strategy::Group stable_group(std::int32_t replicas, std::uint32_t weight) {
  return {std::string(strategy::kStable), replicas, weight};
}
// `carriers` of the replicas are enough for the weight; without, it does not rise before all of them are ready.
inline strategy::Group next_group(std::int32_t replicas, std::uint32_t weight,
                                  std::optional<std::int32_t> carriers = {}) {
  return {std::string(strategy::kNext), replicas, weight, carriers};
}
inline strategy::Group baseline_group(std::int32_t replicas, std::uint32_t weight,
                                      std::optional<std::int32_t> carriers = {}) {
  return {std::string(strategy::kBaseline), replicas, weight, carriers};
}

// Analyses of next against stable, or against another group. A step's own have its name as `run`, so that they begin
// afresh; others are "".
inline std::vector<strategy::AnalysisWanted> wanted(const Names& names, const std::string& run = "",
                                                    std::string_view against = strategy::kStable) {
  std::vector<strategy::AnalysisWanted> list;
  for (const auto& name : names.list) {
    list.push_back({.name = name, .baseline = std::string(against), .run = run});
  }
  return list;
}

inline strategy::Wait wait_for_replicas(const provider::ObservedGroup& group, std::int32_t have, std::int32_t want,
                                        std::string next, std::optional<Instant> until,
                                        std::string_view noun = "new replica") {
  std::string what = std::to_string(have) + " of " + plural(want, noun) + " to be available";
  if (!group.problem.empty()) what += " (" + group.problem.substr(0, 200) + ")";
  return {strategy::WaitKind::replicas, what, std::move(next), until};
}
inline strategy::Wait wait_for_analysis(const strategy::AnalysisSeen& held, std::string next) {
  return {strategy::WaitKind::analysis,
          "a person, for the analysis " + held.name + " is held: " + held.reason,
          std::move(next),
          {}};
}

inline strategy::Wait wait_for_measurement(const strategy::AnalysisSeen& unmeasured, std::string next) {
  const std::string so_far = unmeasured.reason.empty() ? "" : ": " + unmeasured.reason.substr(0, 200);
  return {strategy::WaitKind::analysis,
          "the first measurement of the analysis " + unmeasured.name + ", or a person who promotes" + so_far,
          std::move(next),
          {}};
}

// Faults of names that settings refer to, for check(): each that is not in `known`. `kind` names them: "analysis".
inline Problems unknown_names(const std::string& path, const std::vector<std::string>& names,
                              const std::vector<std::string>& known, const std::string& kind) {
  std::string allowed;
  for (const auto& name : known) allowed += (allowed.empty() ? "" : ", ") + name;
  Problems problems;
  for (const auto& name : names) {
    if (std::find(known.begin(), known.end(), name) != known.end()) continue;
    problems.push_back({path, to_text(name),
                        "is no " + kind + " here; " + (known.empty() ? "there are none" : "there are " + allowed)});
  }
  return problems;
}

// Faults of analyses that would begin while one of the groups has no traffic, for check(). `when`: "before the switch".
inline Problems comparing_names(const std::string& path, const std::vector<std::string>& names,
                                const std::vector<std::string>& comparing, const std::string& when) {
  Problems problems;
  for (const auto& name : names) {
    if (std::find(comparing.begin(), comparing.end(), name) == comparing.end()) continue;
    problems.push_back({path, to_text(name),
                        "compares the two releases, and " + when +
                            " only one of them has traffic; want an analysis that judges one alone (sequential with "
                            "\"kind: absolute\", or threshold)"});
  }
  return problems;
}

// Serves slipway.strategy/1 for an author's class.
template <class Author>
class StrategyPlugin final : public Plugin<Json> {
 public:
  using Serves = Interfaces<strategy::Interface>;
  using AuthorSettings = typename Author::Settings;
  using State = typename Author::State;

  StrategyPlugin(Host& host, Json defaults) : Plugin(host, std::move(defaults)) {
    if (Status status = check_defaults<AuthorSettings>(settings()); !status.ok()) throw Error(std::move(status));
  }

  [[nodiscard]] strategy::ValidateReply validate(const strategy::ValidateRequest& request) const {
    const auto merged = merge(request.settings);
    const Problems problems = merged.ok() ? author_.check(*merged, request) : merged.status().problems;
    strategy::ValidateReply reply;
    for (const Problem& p : problems) reply.problems.push_back({p.path, p.value, p.message});
    return reply;
  }

  [[nodiscard]] strategy::PlanReply plan(const strategy::PlanRequest& request) const {
    const auto merged = value_or_throw(merge(request.settings));
    return detail::plan(request, [&](const JsonText& state, const strategy::Observation& seen, Instant now) {
      return decide(merged, state, World(seen, now, request.has_stable));
    });
  }

  [[nodiscard]] strategy::StepReply step(const strategy::StepRequest& request) const {
    const auto merged = value_or_throw(merge(request.settings));
    const World world(request.observation, request.now, request.has_stable);
    return decide(merged, request.state, world);
  }

  [[nodiscard]] strategy::MigrateReply migrate(const strategy::MigrateRequest& request) const {
    return {Versioned::write(Versioned::read(tree_of(request.state), request.from_version, migration()))};
  }

 private:
  using Versioned = detail::VersionedState<State>;

  [[nodiscard]] Result<AuthorSettings> merge(const JsonText& given) const {
    return detail::merged_over<AuthorSettings>(settings(), given);
  }
  strategy::StepReply decide(const AuthorSettings& merged, const JsonText& from, const World& world) const {
    Decision<State> decision = author_.step(merged, Versioned::read(from, migration()), world);
    decision.reply.state = Versioned::write(decision.state);
    return std::move(decision.reply);
  }
  [[nodiscard]] auto migration() const {
    return [this](const Json& state, std::int64_t version) { return author_.migrate(state, version); };
  }
  Author author_;
};

}  // namespace slipway

// Exports an author's strategy as the plugin of this library. Once, at namespace scope.
#define SLIPWAY_STRATEGY(Author) SLIPWAY_PLUGIN(::slipway::StrategyPlugin<Author>)
