// What is stored of a rollout: the document that the API shows, and what the engine needs to go on after a restart.
#pragma once

#include <slipway/interfaces/gate.hpp>

#include "host/rollout/alpha.hpp"
#include "host/rollout/model.hpp"

namespace slipway::rollout {

// Where the engine is, finer than State. clearing: a superseded rollout's group goes. gates: asked before the start.
// stepping: the strategy decides. watching: promoted. finishing: the old group goes. returning: traffic moves to the
// release that shall be home, without a strategy.
enum class Phase { clearing, gates, stepping, watching, finishing, returning, over };
constexpr auto enum_names(Phase) {
  return std::array<EnumName<Phase>, 7>{{{Phase::clearing, "clearing"},
                                         {Phase::gates, "gates"},
                                         {Phase::stepping, "stepping"},
                                         {Phase::watching, "watching"},
                                         {Phase::finishing, "finishing"},
                                         {Phase::returning, "returning"},
                                         {Phase::over, "over"}}};
}

// How fast a way back goes. planned: as the application's rollback has it. instant: as fast as enough replicas are
// ready. forced: with the first ready replica. The last two only on a person's word.
enum class Haste { planned, instant, forced };
constexpr auto enum_names(Haste) {
  return std::array<EnumName<Haste>, 3>{
      {{Haste::planned, "planned"}, {Haste::instant, "instant"}, {Haste::forced, "forced"}}};
}

struct OrderedGroup {
  std::string role;
  std::string release;
  std::int32_t replicas = 0;
  std::uint32_t weight = 0;
  static constexpr auto fields() {
    return slipway::fields(
        required("role", &OrderedGroup::role, "\"stable\", \"next\" or \"baseline\"."),
        required("release", &OrderedGroup::release, "What it runs; \"<release>+baseline\" for a baseline."),
        required("replicas", &OrderedGroup::replicas, "Replicas."),
        required("weight", &OrderedGroup::weight, "Share of the traffic."));
  }
  bool operator==(const OrderedGroup&) const = default;
};

// Of an order that gets the application's next number when it is stored.
inline constexpr std::int64_t kUnnumbered = -1;

// What the provider is told to make true.
struct Order {
  std::int64_t generation = 0;
  std::vector<OrderedGroup> groups;
  std::vector<provider::Route> routes;
  std::optional<provider::Mirror> mirror;
  static constexpr auto fields() {
    return slipway::fields(
        required("generation", &Order::generation, "Its number."), required("groups", &Order::groups, "Groups."),
        field("routes", &Order::routes, "Routes by header."), field("mirror", &Order::mirror, "Mirrored traffic."));
  }
};

// An analysis under way. Window n covers [begin + n intervals, begin + (n+1) intervals).
struct AnalysisRun {
  strategy::AnalysisWanted wanted;
  AnalysisStatus status;
  JsonText state;
  Instant begin;
  std::int64_t window = 0;
  static constexpr auto fields() {
    return slipway::fields(required("wanted", &AnalysisRun::wanted, "What was asked for."),
                           required("status", &AnalysisRun::status, "What it says."),
                           field("state", &AnalysisRun::state, "The analyzer's state."),
                           required("begin", &AnalysisRun::begin, "Begin of the first window."),
                           field("window", &AnalysisRun::window, "The next window to be judged."));
  }
};

struct GateRun {
  std::string name;
  gate::Action action = gate::Action::advance;
  Json settings;
  std::string message;
  strategy::GateState state = strategy::GateState::pending;
  std::string reason;
  Instant since;
  std::optional<Instant> ask_at;
  static constexpr auto fields() {
    return slipway::fields(
        required("name", &GateRun::name, "The gate."), required("action", &GateRun::action, "What waits for it."),
        field("settings", &GateRun::settings, "Its settings."), field("message", &GateRun::message, "What is asked."),
        required("state", &GateRun::state, "Its answer."), field("reason", &GateRun::reason, "Why."),
        required("since", &GateRun::since, "First asked."),
        field("ask_at", &GateRun::ask_at, "When it is asked again."));
  }
};

// A way back (or, for a rollback, to a chosen release): traffic moves from `away` to `home`, then `away` goes. `home`
// is empty when there is nothing to go back to.
struct Retreat {
  std::string home_role;
  std::string home;
  std::string away_role;
  std::string away;
  Instant began;
  std::uint32_t from_weight = 0;
  std::string reason;
  Haste haste = Haste::planned;
  static constexpr auto fields() {
    return slipway::fields(
        required("home_role", &Retreat::home_role, "Role of the release that gets the traffic."),
        field("home", &Retreat::home, "That release."),
        required("away_role", &Retreat::away_role, "Role of the release that loses it."),
        required("away", &Retreat::away, "That release."), required("began", &Retreat::began, "When."),
        field("from_weight", &Retreat::from_weight, "Weight of the leaving group at the begin."),
        field("reason", &Retreat::reason, "Why."), field("haste", &Retreat::haste, "How fast it goes."));
  }
};

// What the checks before a rollout find out for later. `granularity`: the provider's smallest step of a weight, all
// traffic where it can't split that.
struct Checked {
  AlphaBudget alpha;
  std::uint32_t granularity = 1;
};

// In `rollout`, version, analyses and gates are left empty: view() fills them.
struct Record {
  Rollout rollout;
  ApplicationSpec spec;
  Phase phase = Phase::gates;
  Order order;
  JsonText strategy_state;
  std::string strategy_version;  // of the plugin that wrote the state; empty before the first step
  std::string refused_version;   // of the plugin that could not take the state over
  std::string refused_reason;
  std::vector<AnalysisRun> runs;
  std::vector<GateRun> gates;
  std::vector<strategy::Command> commands;
  strategy::Wait wait;
  Instant wait_since;
  std::optional<Retreat> retreat;
  std::optional<Instant> watch_until;
  std::optional<Instant> keep_until;
  std::optional<Instant> paused_at;
  Duration stood_still;
  std::string approved_by;
  AlphaBudget alpha;
  std::uint32_t granularity = 1;
  static constexpr auto fields() {
    return slipway::fields(required("rollout", &Record::rollout, "As the API shows it."),
                           required("spec", &Record::spec, "The application at the start."),
                           required("phase", &Record::phase, "Where the engine is."),
                           required("order", &Record::order, "The last order to the provider."),
                           field("strategy_state", &Record::strategy_state, "The strategy's state."),
                           field("strategy_version", &Record::strategy_version, "Version of the strategy's plugin."),
                           field("refused_version", &Record::refused_version, "Version that refused the state."),
                           field("refused_reason", &Record::refused_reason, "Why."),
                           field("runs", &Record::runs, "Analyses."), field("gates", &Record::gates, "Gates."),
                           field("commands", &Record::commands, "Commands that the strategy hasn't seen."),
                           field("wait", &Record::wait, "What it waits for."),
                           required("wait_since", &Record::wait_since, "Since when."),
                           field("retreat", &Record::retreat, "The way back."),
                           field("watch_until", &Record::watch_until, "End of the watch."),
                           field("keep_until", &Record::keep_until, "How long the old group is kept."),
                           field("paused_at", &Record::paused_at, "Since when it is paused."),
                           field("stood_still", &Record::stood_still, "Time that doesn't count for the strategy."),
                           field("approved_by", &Record::approved_by, "Who promoted it to the end."),
                           field("alpha", &Record::alpha, "The analyses' chance of a false alarm."),
                           field("granularity", &Record::granularity, "The provider's smallest step of a weight."));
  }
};

// The request behind a decision, for logs and journal; empty for one that Slipway takes by itself.
struct Origin {
  std::string request_id{};
  std::string traceparent{};
  std::string once{};
};

// One decision before it is durable: the record as it shall be, and what the journal, the events and the application
// are told. Without `kind` it is a note: stored, not journalled.
struct Change {
  Record record;
  std::string kind;
  std::string reason;
  std::string by;
  JsonText detail;
  std::vector<std::string> events;
  std::optional<std::string> stable_release;
  bool good = false;  // the release served well
  Origin origin{};
};

// Equal but for the generation.
bool same_order(const Order& a, const Order& b);
const OrderedGroup* group_of(const Order& order, std::string_view role);
// Whether every release has the same share of the traffic in both.
bool same_weights(const provider::Observation& a, const provider::Observation& b);
// The observed group that runs this release and is not leaving; null when there is none.
const provider::ObservedGroup* seen_of(const provider::Observation& world, std::string_view release);
// Whether anything of the release runs, leaving or not, its baseline included.
bool still_there(const provider::Observation& world, std::string_view release);
// Whether anything of the release's baseline runs, leaving or not.
bool baseline_there(const provider::Observation& world, std::string_view release);

// Everything on one release.
Order steady_order(const std::string& release, std::int32_t replicas, std::int64_t generation);
// Keeps the moment since when it waits for the same.
void set_wait(Record& record, strategy::Wait wait, Instant now);
// The end: nothing is waited for.
void end(Change& change, State state, Instant now);

}  // namespace slipway::rollout
