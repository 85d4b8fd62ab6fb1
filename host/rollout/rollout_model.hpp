// Moving an application to a release: rollouts, decisions, actions, events, plans.
#pragma once

#include <slipway/interfaces/analyzer.hpp>
#include <slipway/interfaces/strategy.hpp>
#include <string>
#include <vector>

#include "host/rollout/application_model.hpp"

namespace slipway::rollout {

// What happens to a rollout of the application that is still under way.
enum class Supersede { refuse, replace };
constexpr auto enum_names(Supersede) {
  return std::array<EnumName<Supersede>, 2>{{{Supersede::refuse, "refuse"}, {Supersede::replace, "replace"}}};
}

struct RolloutRequest {
  std::string application;
  std::string release;
  std::optional<StrategySpec> strategy;
  Supersede supersede = Supersede::refuse;
  std::string reason;
  static constexpr auto fields() {
    return slipway::fields(
        required("application", &RolloutRequest::application, "The application.", between(1, 63)),
        required("release", &RolloutRequest::release, "The release to move to.", between(1, 63)),
        field("strategy", &RolloutRequest::strategy, "Instead of the application's own."),
        field("supersede", &RolloutRequest::supersede,
              "Refuse while another rollout runs, or end that one and go on from where the world is."),
        field("reason", &RolloutRequest::reason, "Why, for the journal.", at_most(1024)));
  }
};

// pending: gates before the start. progressing: the strategy steps. paused: a person stopped it. verifying: promoted
// and watched. rolling_back: going back to the stable release. The others are ends.
enum class State { pending, progressing, paused, verifying, rolling_back, succeeded, rolled_back, superseded, failed };
constexpr auto enum_names(State) {
  return std::array<EnumName<State>, 9>{{{State::pending, "pending"},
                                         {State::progressing, "progressing"},
                                         {State::paused, "paused"},
                                         {State::verifying, "verifying"},
                                         {State::rolling_back, "rolling_back"},
                                         {State::succeeded, "succeeded"},
                                         {State::rolled_back, "rolled_back"},
                                         {State::superseded, "superseded"},
                                         {State::failed, "failed"}}};
}
constexpr bool has_ended(State state) { return state >= State::succeeded; }

// The answer to "why is it as it is?", for every state.
struct Why {
  std::string waits_for;
  std::optional<Instant> since;
  std::optional<Instant> until;
  std::string next;
  std::string reason;
  std::vector<std::string> details;
  std::string host;
  std::optional<Instant> as_of;
  static constexpr auto fields() {
    return slipway::fields(
        required("waits_for", &Why::waits_for, "What it waits for; \"nothing\" at its end."),
        field("since", &Why::since, "Since when."), field("until", &Why::until, "Until when at the latest."),
        field("next", &Why::next, "What comes then."),
        required("reason", &Why::reason, "Why the world is as it is: the last decision."),
        field("details", &Why::details, "Problems of replicas, plugins and analyses that have a part in it."),
        field("host", &Why::host, "The host that works on it, while one does."),
        field(
            "as_of", &Why::as_of,
            "Since when it has not been written: it is told by another host than that one, which may know more. Absent "
            "where it is what that host knows now."));
  }
};

// A group as people see it: wanted beside real. What is real is absent until the provider has been asked for the first
// time, and again after a restart: 0 would say that somebody has looked.
struct GroupStatus {
  std::string role;
  std::string release;
  std::int32_t replicas = 0;
  std::optional<std::int32_t> ready;
  std::optional<std::uint32_t> weight;
  std::uint32_t wanted_weight = 0;
  std::string problem;
  static constexpr auto fields() {
    return slipway::fields(
        required("role", &GroupStatus::role, "\"stable\", \"next\" or \"baseline\"."),
        required("release", &GroupStatus::release, "The release that it runs; \"<release>+baseline\" for a baseline."),
        required("replicas", &GroupStatus::replicas, "Replicas wanted."),
        field("ready", &GroupStatus::ready, "Replicas ready; absent until it has been looked at."),
        field("weight", &GroupStatus::weight,
              "Share of the traffic, in parts per million; absent until it has been looked at."),
        field("wanted_weight", &GroupStatus::wanted_weight, "Share that it shall have."),
        field("problem", &GroupStatus::problem, "What is wrong with it."));
  }
};

struct AnalysisStatus {
  std::string name;
  analyzer::Verdict verdict = analyzer::Verdict::proceed;
  strategy::Finding finding = strategy::Finding::running;
  std::string code;
  std::string reason;
  std::string method;
  std::int32_t measurements = 0;
  Instant since;
  std::optional<Instant> next_at;
  JsonText evidence;
  std::vector<std::string> warnings;
  double alpha_share = 1;
  static constexpr auto fields() {
    return slipway::fields(required("name", &AnalysisStatus::name, "The analysis."),
                           required("verdict", &AnalysisStatus::verdict, "The analyzer's verdict."),
                           required("finding", &AnalysisStatus::finding, "What the policies make of it."),
                           field("code", &AnalysisStatus::code, "Why, as a word for programs: \"failure_limit\"."),
                           field("reason", &AnalysisStatus::reason, "Why, with numbers."),
                           field("method", &AnalysisStatus::method, "How it was judged."),
                           field("measurements", &AnalysisStatus::measurements, "Measurements so far."),
                           field("since", &AnalysisStatus::since, "When it began."),
                           field("next_at", &AnalysisStatus::next_at, "When it is judged again."),
                           field("evidence", &AnalysisStatus::evidence, "The numbers behind the verdict."),
                           field("warnings", &AnalysisStatus::warnings, "What the source has warned about so far."),
                           field("alpha_share", &AnalysisStatus::alpha_share,
                                 "This run's part of the chance of a false alarm; 1 for one that spends none."));
  }
};

// A rollout as the API shows it.
struct Rollout {
  std::string id;
  std::string tenant;
  std::string version;
  Instant created_at;
  Instant updated_at;
  std::string application;
  std::string from_release;
  std::string to_release;
  StrategySpec strategy;
  std::string reason;
  std::string started_by;
  std::string kind = "deploy";
  State state = State::pending;
  std::int32_t attempt = 1;
  std::int32_t step = 0;
  std::int32_t steps = 0;
  std::vector<GroupStatus> groups;
  std::vector<AnalysisStatus> analyses;
  std::vector<strategy::GateSeen> gates;
  Why why;
  std::optional<Instant> ended_at;
  std::string traceparent;
  static constexpr auto fields() {
    return slipway::fields(
        required("id", &Rollout::id, "Unique id; sorts by time."), required("tenant", &Rollout::tenant, "Whose it is."),
        required("version", &Rollout::version, "Changes with every decision; the ETag."),
        required("created_at", &Rollout::created_at, "When it was started."),
        required("updated_at", &Rollout::updated_at, "When it was last written."),
        required("application", &Rollout::application, "Its application."),
        field("from_release", &Rollout::from_release, "The stable release; empty for a first release."),
        required("to_release", &Rollout::to_release, "The release it moves to."),
        required("strategy", &Rollout::strategy, "How it moves."),
        field("reason", &Rollout::reason, "Why it was started."),
        field("started_by", &Rollout::started_by, "Who started it."),
        field("kind", &Rollout::kind, "\"deploy\" or \"rollback\"."),
        required("state", &Rollout::state, "Where it is."),
        field("attempt", &Rollout::attempt, "1, and one more with each retry."),
        field("step", &Rollout::step, "The strategy's step, from 0."),
        field("steps", &Rollout::steps, "Number of steps."),
        field("groups", &Rollout::groups, "What runs, and what share of the traffic it has."),
        field("analyses", &Rollout::analyses, "What is measured."), field("gates", &Rollout::gates, "Who is asked."),
        required("why", &Rollout::why, "What it waits for, and why it is as it is."),
        field("ended_at", &Rollout::ended_at, "When it ended."),
        field("traceparent", &Rollout::traceparent, "W3C trace context of the request that started it."));
  }
};

// One decision, as it was taken. `kind`: started, step, command, verdict, gate, strategy, rollback,
// verified, ended, resumed.
struct JournalEntry {
  std::int64_t sequence = 0;
  Instant at;
  std::string kind;
  State state = State::pending;
  std::int32_t step = 0;
  std::string reason;
  std::string actor;
  std::vector<strategy::Group> groups;
  std::int64_t generation = 0;
  JsonText detail;
  std::string request_id;
  std::string traceparent;
  static constexpr auto fields() {
    return slipway::fields(
        field("sequence", &JournalEntry::sequence, "Its number in the rollout's journal."),
        required("at", &JournalEntry::at, "When it was decided."),
        required("kind", &JournalEntry::kind, "What kind of decision."),
        required("state", &JournalEntry::state, "The rollout's state after it."),
        field("step", &JournalEntry::step, "The strategy's step."),
        required("reason", &JournalEntry::reason, "Why, as a sentence."),
        field("actor", &JournalEntry::actor, "Who asked for it; empty when Slipway decided by itself."),
        field("groups", &JournalEntry::groups, "The groups that it ordered."),
        field("generation", &JournalEntry::generation, "Number of the order to the provider."),
        field("detail", &JournalEntry::detail,
              "What it rests on: the question to a strategy or an analyzer, which gives the same answer again."),
        field("request_id", &JournalEntry::request_id,
              "Id of the request that asked for it; empty when Slipway decided by itself."),
        field("traceparent", &JournalEntry::traceparent,
              "W3C trace context of that request, else of the one that started the rollout."));
  }
};

// Manual actions, as in the API's paths.
enum class Action { promote, pause, resume, abort, retry, skip, rollback, approve };
constexpr auto enum_names(Action) {
  return std::array<EnumName<Action>, 8>{{{Action::promote, "promote"},
                                          {Action::pause, "pause"},
                                          {Action::resume, "resume"},
                                          {Action::abort, "abort"},
                                          {Action::retry, "retry"},
                                          {Action::skip, "skip"},
                                          {Action::rollback, "rollback"},
                                          {Action::approve, "approve"}}};
}

struct ActionRequest {
  bool full = false;
  std::string to;
  std::string reason;
  static constexpr auto fields() {
    return slipway::fields(
        field("full", &ActionRequest::full,
              "promote: go to the end at once, without further steps and analyses. abort, and rollback of a rollout "
              "under way: all traffic goes back as soon as one replica of the stable release is ready."),
        field("to", &ActionRequest::to, "rollback: the good release to go back to; the last one by default.",
              at_most(63)),
        field("reason", &ActionRequest::reason, "Why, for the journal.", at_most(1024)));
  }
};

// Something that happened, as streams and notifiers get it. Types: plugin.revoked, application.created|changed|deleted,
// release.created,
// rollout.started|progressed|paused|resumed|verdict|promoted|rolling_back|succeeded|rolled_back|superseded|failed.
struct Event {
  std::int64_t id = 0;
  std::string type;
  std::string tenant;
  Instant at;
  std::string application;
  std::string rollout;
  std::string summary;
  JsonText data;
  std::string traceparent;
  std::string request_id;
  static constexpr auto fields() {
    return slipway::fields(field("id", &Event::id, "Its number; later events have larger ones."),
                           required("type", &Event::type, "What happened."),
                           required("tenant", &Event::tenant, "Whose event."), required("at", &Event::at, "When."),
                           field("application", &Event::application, "The application."),
                           field("rollout", &Event::rollout, "The rollout."),
                           required("summary", &Event::summary, "The same as a sentence."),
                           field("data", &Event::data, "The object as the API shows it."),
                           field("traceparent", &Event::traceparent, "W3C trace context of the request behind it."),
                           field("request_id", &Event::request_id, "Id of that request, where one made it happen."));
  }
};

// What a rollout would do.
struct RolloutPlan {
  std::string application;
  std::string from_release;
  std::string to_release;
  StrategySpec strategy;
  std::vector<strategy::PlanMoment> moments;
  Duration earliest_end;
  bool needs_a_person = false;
  std::vector<std::string> notes;
  static constexpr auto fields() {
    return slipway::fields(
        required("application", &RolloutPlan::application, "The application."),
        field("from_release", &RolloutPlan::from_release, "The stable release."),
        required("to_release", &RolloutPlan::to_release, "The release it would move to."),
        required("strategy", &RolloutPlan::strategy, "How."),
        required("moments", &RolloutPlan::moments, "Steps, weights and replicas in order of time."),
        required("earliest_end", &RolloutPlan::earliest_end, "Time after the start at which it could be done."),
        field("needs_a_person", &RolloutPlan::needs_a_person, "Whether somebody must promote or approve on the way."),
        field("notes", &RolloutPlan::notes, "What else would happen: gates, the watch after promotion."));
  }
};

}  // namespace slipway::rollout
