// slipway.strategy/1: decides, step by step, what the world should be while a release replaces another.
//
// Strategies are pure: step looks at what was observed and answers with the new state, the groups that should exist,
// what it waits for and what it wants analysed. It does no I/O and keeps nothing between calls; the engine commits the
// answer before it touches the world, and may repeat a step, replay it, or run it against a simulated world.
//
// Going back is not the strategy's business: it answers Outcome::failed with the reason, and the engine returns to the
// stable release by itself.
#pragma once

#include <slipway/interface.hpp>
#include <slipway/interfaces/provider.hpp>

namespace slipway::strategy {

inline constexpr std::string_view kId = "slipway.strategy/1";
inline constexpr std::string_view kStable = "stable";
inline constexpr std::string_view kNext = "next";
// The stable release once more, as young and as large as next, to compare next with; never without next.
inline constexpr std::string_view kBaseline = "baseline";

// A person's word to a running rollout.
enum class Command { promote, promote_fully, skip };
constexpr auto enum_names(Command) {
  return std::array<EnumName<Command>, 3>{
      {{Command::promote, "promote"}, {Command::promote_fully, "promote_fully"}, {Command::skip, "skip"}}};
}

// What the engine made of an analysis, after the policies for missing and unclear data.
enum class Finding { running, passed, failed, held };
constexpr auto enum_names(Finding) {
  return std::array<EnumName<Finding>, 4>{{{Finding::running, "running"},
                                           {Finding::passed, "passed"},
                                           {Finding::failed, "failed"},
                                           {Finding::held, "held"}}};
}

struct AnalysisSeen {
  std::string name;
  Finding finding = Finding::running;
  std::string reason;
  Instant since;
  std::string run;
  bool unmeasured = false;
  static constexpr auto fields() {
    return slipway::fields(required("name", &AnalysisSeen::name, "The analysis, as the step wanted it."),
                           required("finding", &AnalysisSeen::finding, "What it says."),
                           field("reason", &AnalysisSeen::reason, "Why, with numbers."),
                           field("since", &AnalysisSeen::since, "When it began."),
                           field("run", &AnalysisSeen::run, "The run that this is about, as the step wanted it."),
                           field("unmeasured", &AnalysisSeen::unmeasured,
                                 "It goes on and has measured nothing yet, and missing data is no success: all traffic "
                                 "has to wait."));
  }
};

enum class GateState { pending, open, closed };
constexpr auto enum_names(GateState) {
  return std::array<EnumName<GateState>, 3>{
      {{GateState::pending, "pending"}, {GateState::open, "open"}, {GateState::closed, "closed"}}};
}

struct GateSeen {
  std::string name;
  GateState state = GateState::pending;
  std::string reason;
  static constexpr auto fields() {
    return slipway::fields(required("name", &GateSeen::name, "The gate, as the step wanted it."),
                           required("state", &GateSeen::state, "Whether the way is free."),
                           field("reason", &GateSeen::reason, "Why."));
  }
};

// The world of one rollout. `groups` has at most one entry for each role; a group that does not exist is absent.
struct Observation {
  std::int32_t replicas = 0;
  bool converged = false;
  std::vector<provider::ObservedGroup> groups;
  std::vector<AnalysisSeen> analyses;
  std::vector<GateSeen> gates;
  std::vector<Command> commands;
  static constexpr auto fields() {
    return slipway::fields(
        required("replicas", &Observation::replicas, "Replicas that the application shall have.", between(0, 10'000)),
        field("converged", &Observation::converged, "Whether the world is as the last step wanted it."),
        field("groups", &Observation::groups, "What is there."),
        field("analyses", &Observation::analyses, "What the wanted analyses say."),
        field("gates", &Observation::gates, "What the wanted gates say."),
        field("commands", &Observation::commands, "What people asked since the last step, oldest first."));
  }
};

struct Group {
  std::string role;
  std::int32_t replicas = 0;
  std::uint32_t weight = 0;
  std::optional<std::int32_t> carriers{};
  static constexpr auto fields() {
    return slipway::fields(
        required("role", &Group::role, "\"stable\", \"next\" or \"baseline\"."),
        required("replicas", &Group::replicas, "Replicas that it shall have.", between(0, 10'000)),
        required("weight", &Group::weight, "Share of the traffic in parts per million.", between(0, kAllTraffic)),
        field("carriers", &Group::carriers,
              "Replicas of \"next\" or \"baseline\" that must be ready before the weight rises; all when not given.",
              between(0, 10'000)));
  }
  bool operator==(const Group&) const = default;
};

// An analysis that shall run as long as steps name it. `name` is one of the application's analyses.
struct AnalysisWanted {
  std::string name;
  std::string role = "next";
  std::string baseline = "stable";
  std::string run;
  static constexpr auto fields() {
    return slipway::fields(required("name", &AnalysisWanted::name, "One of the application's analyses."),
                           field("role", &AnalysisWanted::role, "The group that is judged."),
                           field("baseline", &AnalysisWanted::baseline, "The group that it is compared with."),
                           field("run", &AnalysisWanted::run, "A new value starts it afresh: the step's number, say."));
  }
};

struct GateWanted {
  std::string name;
  std::string message;
  static constexpr auto fields() {
    return slipway::fields(required("name", &GateWanted::name,
                                    "A gate of the profile (\"webhook\"), or \"approval\" for a person's promote."),
                           field("message", &GateWanted::message, "What is asked, for a person."));
  }
};

enum class WaitKind { nothing, replicas, traffic, time, analysis, gate, approval };
constexpr auto enum_names(WaitKind) {
  return std::array<EnumName<WaitKind>, 7>{{{WaitKind::nothing, "nothing"},
                                            {WaitKind::replicas, "replicas"},
                                            {WaitKind::traffic, "traffic"},
                                            {WaitKind::time, "time"},
                                            {WaitKind::analysis, "analysis"},
                                            {WaitKind::gate, "gate"},
                                            {WaitKind::approval, "approval"}}};
}

// What the rollout waits for. The engine steps again at `until`, or earlier when anything changes.
struct Wait {
  WaitKind kind = WaitKind::nothing;
  std::string what;
  std::string next;
  std::optional<Instant> until;
  static constexpr auto fields() {
    return slipway::fields(required("kind", &Wait::kind, "What it waits for."),
                           field("what", &Wait::what, "The same as a phrase: \"2 of 3 new replicas to be ready\"."),
                           field("next", &Wait::next, "What comes then, as a phrase: \"raise the weight to 25%\"."),
                           field("until", &Wait::until, "When to step again at the latest."));
  }
};

enum class Outcome { progressing, promoted, failed };
constexpr auto enum_names(Outcome) {
  return std::array<EnumName<Outcome>, 3>{
      {{Outcome::progressing, "progressing"}, {Outcome::promoted, "promoted"}, {Outcome::failed, "failed"}}};
}

// The answer of a step. With Outcome::promoted all traffic is on next; a stable group still named is kept for
// `keep_stable` for a quick return. With Outcome::failed the groups are ignored and the engine goes back.
struct StepReply {
  JsonText state;
  std::vector<Group> groups;
  std::vector<provider::Route> routes;
  std::optional<provider::Mirror> mirror;
  std::vector<AnalysisWanted> analyses;
  std::vector<GateWanted> gates;
  Wait wait;
  Outcome outcome = Outcome::progressing;
  Duration keep_stable{};
  std::int32_t step = 0;
  std::int32_t steps = 0;
  std::string reason;
  static constexpr auto fields() {
    return slipway::fields(
        required("state", &StepReply::state, "Handed back at the next step; at most 16 KiB."),
        required("groups", &StepReply::groups,
                 "The groups that should exist; weights add up to one million or are all 0.", at_most(8)),
        field("routes", &StepReply::routes, "Routes by header.", at_most(16)),
        field("mirror", &StepReply::mirror, "Mirrored traffic."),
        field("analyses", &StepReply::analyses, "Analyses that should run now.", at_most(32)),
        field("gates", &StepReply::gates, "Gates that should be asked now.", at_most(16)),
        field("wait", &StepReply::wait, "What the rollout waits for."),
        field("outcome", &StepReply::outcome, "Whether it is done."),
        field("keep_stable", &StepReply::keep_stable, "After promotion: how long the old group is kept."),
        field("step", &StepReply::step, "Current step, from 0."), field("steps", &StepReply::steps, "Number of steps."),
        required("reason", &StepReply::reason, "Why the groups are as they are, as a sentence for the journal."));
  }
};

// A step's question. `settings` are the strategy's, as the rollout was started with them; `state` is null at first.
struct StepRequest {
  JsonText settings;
  JsonText state;
  Observation observation;
  Instant now;
  bool has_stable = true;
  static constexpr auto fields() {
    return slipway::fields(
        required("settings", &StepRequest::settings, "The strategy's settings for this rollout."),
        field("state", &StepRequest::state, "What the last step answered; null at the first."),
        required("observation", &StepRequest::observation, "The world."),
        required("now", &StepRequest::now, "The moment of the step."),
        field("has_stable", &StepRequest::has_stable, "False for the first release of an application."));
  }
};

struct ValidateRequest {
  JsonText settings;
  std::int32_t replicas = 0;
  provider::CapabilitiesReply capabilities;
  std::vector<std::string> analyses;
  std::vector<std::string> comparing;
  std::vector<std::string> gates;
  static constexpr auto fields() {
    return slipway::fields(required("settings", &ValidateRequest::settings, "The strategy's settings."),
                           field("replicas", &ValidateRequest::replicas, "Replicas of the application."),
                           field("capabilities", &ValidateRequest::capabilities, "What the provider can do."),
                           field("analyses", &ValidateRequest::analyses, "Names of the application's analyses."),
                           field("comparing", &ValidateRequest::comparing,
                                 "Those of them that judge one group by another; they say nothing while one of the two "
                                 "has no traffic."),
                           field("gates", &ValidateRequest::gates, "Names of the profile's gates."));
  }
};

struct ProblemDocument {
  std::string path;
  std::string value;
  std::string message;
  static constexpr auto fields() {
    return slipway::fields(required("path", &ProblemDocument::path, "JSON pointer into the settings."),
                           field("value", &ProblemDocument::value, "What was there."),
                           required("message", &ProblemDocument::message, "What is allowed."));
  }
};

struct ValidateReply {
  std::vector<ProblemDocument> problems;
  static constexpr auto fields() {
    return slipway::fields(field("problems", &ValidateReply::problems, "Every fault found; empty when all is well."));
  }
};

struct PlanRequest {
  JsonText settings;
  std::int32_t replicas = 0;
  Duration start_time = seconds(1);
  bool has_stable = true;
  std::map<std::string, Duration> analyses;
  static constexpr auto fields() {
    return slipway::fields(
        required("settings", &PlanRequest::settings, "The strategy's settings."),
        required("replicas", &PlanRequest::replicas, "Replicas of the application.", between(0, 10'000)),
        field("start_time", &PlanRequest::start_time, "Time that a replica needs to be ready, assumed."),
        field("has_stable", &PlanRequest::has_stable, "False for a first release."),
        field("analyses", &PlanRequest::analyses,
              "Least time from the begin of an analysis to its pass, by name; others pass at once."));
  }
};

// A moment of the plan: from `at` on the groups are so.
struct PlanMoment {
  Duration at;
  std::int32_t step = 0;
  std::vector<Group> groups;
  std::vector<std::string> analyses;
  Wait wait;
  std::string reason;
  static constexpr auto fields() {
    return slipway::fields(required("at", &PlanMoment::at, "Earliest time after the start."),
                           field("step", &PlanMoment::step, "Step, from 0."),
                           required("groups", &PlanMoment::groups, "Replicas and weights from then on."),
                           field("analyses", &PlanMoment::analyses, "Analyses that run."),
                           field("wait", &PlanMoment::wait, "What it waits for."),
                           field("reason", &PlanMoment::reason, "Why."));
  }
};

struct PlanReply {
  std::vector<PlanMoment> moments;
  Duration earliest_end;
  bool needs_a_person = false;
  std::map<std::string, std::int32_t> runs{};
  static constexpr auto fields() {
    return slipway::fields(
        required("moments", &PlanReply::moments, "The rollout if all goes well, in order."),
        required("earliest_end", &PlanReply::earliest_end, "Time after the start at which it could be done."),
        field("needs_a_person", &PlanReply::needs_a_person,
              "Whether it waits for a promote or an approval on the way."),
        field("runs", &PlanReply::runs, "How often each analysis begins."));
  }
};

struct MigrateRequest {
  JsonText state;
  std::int64_t from_version = 0;
  static constexpr auto fields() {
    return slipway::fields(required("state", &MigrateRequest::state, "State that another version wrote."),
                           required("from_version", &MigrateRequest::from_version, "Version of its schema."));
  }
};
struct MigrateReply {
  JsonText state;
  static constexpr auto fields() {
    return slipway::fields(required("state", &MigrateReply::state, "The same in this version's schema."));
  }
};

struct Validate {
  static constexpr std::string_view name = "validate";
  static constexpr auto call = [](auto& plugin,
                                  auto&&... rest) -> decltype(plugin.validate(std::forward<decltype(rest)>(rest)...)) {
    return plugin.validate(std::forward<decltype(rest)>(rest)...);
  };
  static constexpr std::string_view doc = "Every fault of the settings, also what the provider can't do, by name.";
  using Request = ValidateRequest;
  using Reply = ValidateReply;
};
struct Plan {
  static constexpr std::string_view name = "plan";
  static constexpr auto call = [](auto& plugin,
                                  auto&&... rest) -> decltype(plugin.plan(std::forward<decltype(rest)>(rest)...)) {
    return plugin.plan(std::forward<decltype(rest)>(rest)...);
  };
  static constexpr std::string_view doc = "The rollout in an ideal world, by the same code as step.";
  using Request = PlanRequest;
  using Reply = PlanReply;
};
struct Step {
  static constexpr std::string_view name = "step";
  static constexpr auto call = [](auto& plugin,
                                  auto&&... rest) -> decltype(plugin.step(std::forward<decltype(rest)>(rest)...)) {
    return plugin.step(std::forward<decltype(rest)>(rest)...);
  };
  static constexpr std::string_view doc = "What the world should be now.";
  using Request = StepRequest;
  using Reply = StepReply;
};
struct Migrate {
  static constexpr std::string_view name = "migrate";
  static constexpr auto call = [](auto& plugin,
                                  auto&&... rest) -> decltype(plugin.migrate(std::forward<decltype(rest)>(rest)...)) {
    return plugin.migrate(std::forward<decltype(rest)>(rest)...);
  };
  static constexpr std::string_view doc =
      "A state of another version in this version's schema; FAILED_PRECONDITION when it can't be carried over.";
  using Request = MigrateRequest;
  using Reply = MigrateReply;
};
struct Interface : MethodList<Validate, Plan, Step, Migrate> {
  static constexpr std::string_view id = kId;
};

}  // namespace slipway::strategy
